run "called" {
  command = plan

  assert {
    condition     = output.seconds == 129600
    error_message = "A day and a half has 129,600 seconds."
  }
}
