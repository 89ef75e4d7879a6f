terraform {
  required_version = ">= 1.14" # the first version with actions
}

# When the stack of the next version exists, the stack of the previous version is torn down.
action "jiti_teardown" "previous" {
  config {
    name          = "checkout-${var.previous}"
    max_resources = 50
  }
}

resource "jiti_stack" "next" {
  name    = "checkout-${var.next}"
  app     = "checkout"
  version = var.next
  owner   = "ana@example.com"
  ttl     = "8h"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.jiti_teardown.previous]
    }
  }
}

variable "previous" {
  type    = string
  default = "1.4.0"
}

variable "next" {
  type    = string
  default = "1.5.0"
}
