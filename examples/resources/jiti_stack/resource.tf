variable "git_sha" {
  type    = string
  default = "8f3c2d1"
}

resource "jiti_stack" "this" {
  name    = "checkout-pr-412"
  app     = "checkout"
  version = var.git_sha # a new version updates in place and renews the lease
  owner   = "ana@example.com"
  ttl     = "8h"

  idle_after  = "2h"
  hourly_cost = 0.42
  labels      = { cost-center = "42" }
}

# A resource that uses the stack's tags is created after the lease and destroyed before it. With a cloud
# provider, write `default_tags { tags = jiti_stack.this.tags }`.
resource "terraform_data" "app" {
  input = jiti_stack.this.tags
}
