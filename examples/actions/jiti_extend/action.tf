terraform {
  required_version = ">= 1.14" # the first version with actions
}

# Every new build of the pull request gives the stack two more hours.
action "jiti_extend" "two_hours" {
  config {
    name     = jiti_stack.this.name
    duration = "2h"
  }
}

resource "jiti_stack" "this" {
  name    = "checkout-pr-412"
  app     = "checkout"
  version = var.build
  owner   = "ana@example.com"
  ttl     = "8h"
}

resource "terraform_data" "build" {
  input = var.build

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.jiti_extend.two_hours]
    }
  }
}

variable "build" {
  type    = string
  default = "1"
}

# Without a trigger: terraform apply -invoke=action.jiti_extend.two_hours
