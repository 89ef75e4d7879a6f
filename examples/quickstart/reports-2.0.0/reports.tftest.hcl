variables {
  port = 18486
}

run "purgatory" {
  assert {
    condition     = jiti_readiness.this.ready_at == null
    error_message = "The app is billed, but never becomes ready."
  }
}
