# Creates the stack in the account of your credentials, and destroys it. It costs some cents.
variables {
  name             = "batch-42"
  owner            = "ana@example.com"
  teardown_project = "arn:aws:codebuild:eu-west-1:123456789012:project/teardown"

  # What `jiti iam self` prints is longer.
  self_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"dynamodb:*\",\"Resource\":\"*\"}]}"
}

run "created" {
  assert {
    condition     = jsondecode(aws_iam_role_policy.lease.policy) == jsondecode(var.self_policy)
    error_message = "The machine's role has the policy of its own lease."
  }

  assert {
    condition     = aws_sqs_queue.jobs.tags_all["jiti:stack"] == jiti_stack.this.id
    error_message = "The queue has the tags of the lease."
  }

  assert {
    condition     = strcontains(jsonencode(local.machine), "STACK=batch-42")
    error_message = "The worker knows its stack."
  }
}
