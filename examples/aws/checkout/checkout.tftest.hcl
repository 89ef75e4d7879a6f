# Creates the stack in the account of your credentials, and destroys it. It costs some cents. The database is left out,
# because it takes ten minutes to create.
variables {
  git_sha  = "8f3c2d1"
  owner    = "ana@example.com"
  database = false
}

run "created" {
  assert {
    condition     = jiti_readiness.this.ready_at != null
    error_message = "The load balancer answers."
  }

  assert {
    condition     = alltrue([for tags in [aws_vpc.this.tags_all, aws_lb.app.tags_all] : tags["jiti:stack"] == jiti_stack.this.id])
    error_message = "The resources have the tags of the lease."
  }
}
