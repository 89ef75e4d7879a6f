# Takes over a bucket, and deletes it at the end: `terraform test -var bucket=NAME` with an empty one.
variables {
  git_sha = "8f3c2d1"
  owner   = "ana@example.com"
}

run "imported" {
  assert {
    condition     = aws_s3_bucket.assets.tags_all["jiti:stack"] == jiti_stack.this.id
    error_message = "The bucket has the tags of the lease."
  }
}
