# A stack with a ledger in this folder, as the example has it.
provider "jiti" {
  ledger = "ledger.db"
}

run "stack" {
  module {
    source = "../resources/jiti_stack"
  }

  assert {
    condition     = jiti_stack.this.id == "checkout-pr-412"
    error_message = "The name identifies the stack."
  }
}
