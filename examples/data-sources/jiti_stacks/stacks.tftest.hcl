run "stack" {
  module {
    source = "../../resources/jiti_stack"
  }
}

run "read" {
  assert {
    condition     = !contains(output.stuck, "checkout-pr-412")
    error_message = "A stack that declares no readiness is never in purgatory."
  }
}
