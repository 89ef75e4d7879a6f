variable "url" {
  description = "The URL that answers when the app is ready."
  type        = string
}

resource "jiti_stack" "this" {
  name          = "checkout-pr-413"
  app           = "checkout"
  version       = "8f3c2d1"
  owner         = "ana@example.com"
  ttl           = "8h"
  ready_timeout = "15m" # declares that readiness will be reported
}

resource "terraform_data" "app" {
  input = jiti_stack.this.tags
}

resource "jiti_readiness" "this" {
  stack    = jiti_stack.this.id
  triggers = { version = jiti_stack.this.version } # a new version runs the checks again
  http     = [{ url = var.url }]
  exec     = [{ command = ["test", "-d", path.root] }]

  # Without this, "provisioned" is recorded before the app exists.
  depends_on = [terraform_data.app]
}

output "init_seconds" {
  value = jiti_readiness.this.init_seconds
}
