run "created" {
  assert {
    condition     = jiti_stack.this.id == "checkout-pr-412"
    error_message = "The name identifies the stack."
  }

  assert {
    condition     = terraform_data.app.output["jiti:version"] == "8f3c2d1"
    error_message = "The tags have the version."
  }
}

run "new_version" {
  variables {
    git_sha = "9a4d3e2"
  }

  assert {
    condition     = jiti_stack.this.tags["jiti:version"] == "9a4d3e2"
    error_message = "The tags have the new version."
  }
}
