run "called" {
  command = plan

  assert {
    condition     = output.tags["jiti:stack"] == "checkout-pr-412" && output.tags["cost-center"] == "42"
    error_message = "The tags have the stack and its labels."
  }
}
