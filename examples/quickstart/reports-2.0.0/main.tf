# reports-2.0.0: version 2.0.0 of reports, as a separate stack in its own root module.

terraform {
  required_providers {
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {}

variable "port" {
  description = "The port of the app, on the loopback address."
  type        = number
}

resource "jiti_stack" "this" {
  name          = "reports-2.0.0"
  app           = "reports"
  version       = "2.0.0"
  owner         = "ben@example.com"
  ttl           = "4h"
  ready_timeout = "5s"
  hourly_cost   = 1.10
  labels        = { cost-center = "7" }
}

module "app" {
  source      = "../modules/app"
  stack       = jiti_stack.this.id
  app_version = jiti_stack.this.version
  port        = var.port
  licence     = "missing" # it listens and is billed, but never becomes ready
}

resource "jiti_readiness" "this" {
  stack      = jiti_stack.this.id
  triggers   = { version = jiti_stack.this.version }
  http       = [{ url = "http://127.0.0.1:${var.port}/healthz" }]
  on_timeout = "warn" # the apply succeeds; the stack is in purgatory
  depends_on = [module.app]
}
