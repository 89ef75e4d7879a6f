run "called" {
  command = plan

  assert {
    condition     = can(regex("^checkout-", output.name)) && !can(regex("/", output.name))
    error_message = "The name starts with the app, and has no slash."
  }
}
