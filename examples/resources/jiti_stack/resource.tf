variable "git_sha" {
  type    = string
  default = "8f3c2d1"
}

resource "jiti_stack" "this" {
  name    = "checkout-pr-412"
  app     = "checkout"
  version = var.git_sha # a new one updates in place and renews the lease
  owner   = "ana@example.com"
  ttl     = "8h"

  idle_after  = "2h"
  hourly_cost = 0.42
  labels      = { cost-center = "42" }
}

# What belongs to the stack takes its tags, and so comes after the lease and goes before it. With a cloud
# provider this is `default_tags { tags = jiti_stack.this.tags }`.
resource "terraform_data" "app" {
  input = jiti_stack.this.tags
}
