terraform {
  required_version = ">= 1.14" # the first version with actions
}

# The last job of the day puts the stack to sleep: terraform apply -invoke=action.jiti_sleep.night
action "jiti_sleep" "night" {
  config {
    name  = "checkout-pr-412"
    until = "12h"
  }
}
