run "stack" {
  module {
    source = "../../resources/jiti_stack"
  }
}

run "read" {
  assert {
    condition     = data.jiti_stack.checkout.app == "checkout"
    error_message = "The data source reads the stack."
  }

  assert {
    condition     = timecmp(output.ends_at, plantimestamp()) > 0
    error_message = "The stack expires in the future."
  }
}
