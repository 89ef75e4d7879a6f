# checkout-1.4.0: version 1.4.0 of checkout, as a separate stack in its own root module.

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
  name          = "checkout-1.4.0"
  app           = "checkout"
  version       = "1.4.0"
  owner         = "ana@example.com"
  ttl           = "8h"
  ready_timeout = "1m"
  hourly_cost   = 0.42
  labels        = { cost-center = "42" }
}

module "app" {
  source      = "../modules/app"
  stack       = jiti_stack.this.id
  app_version = jiti_stack.this.version
  port        = var.port
}

resource "jiti_readiness" "this" {
  stack      = jiti_stack.this.id
  triggers   = { version = jiti_stack.this.version }
  http       = [{ url = "http://127.0.0.1:${var.port}/healthz" }]
  depends_on = [module.app]
}
