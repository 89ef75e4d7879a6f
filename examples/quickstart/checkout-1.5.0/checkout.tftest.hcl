variables {
  port = 18485
}

run "ready" {
  assert {
    condition     = jiti_readiness.this.ready_at != null
    error_message = "The app is ready within a minute."
  }
}
