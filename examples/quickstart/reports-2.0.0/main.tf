# reports-2.0.0: version 2.0.0 of reports, a stack of its own in a root of its own.

terraform {
  required_providers {
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {}

variable "port" {
  description = "Where the app listens, on the loopback address."
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
  licence     = "missing" # it listens, is billed, and never gets ready
}

resource "jiti_readiness" "this" {
  stack      = jiti_stack.this.id
  triggers   = { version = jiti_stack.this.version }
  http       = [{ url = "http://127.0.0.1:${var.port}/healthz" }]
  on_timeout = "warn" # the apply succeeds; the stack is in purgatory
  depends_on = [module.app]
}
