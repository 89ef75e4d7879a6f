variables {
  name    = "checkout-pr-412"
  git_sha = "8f3c2d1"
  owner   = "ana@example.com"
}

run "created" {
  assert {
    condition     = terraform_data.app.output["jiti:stack"] == "checkout-pr-412"
    error_message = "The tags have the name of the stack."
  }
}
