terraform {
  required_version = ">= 1.14" # the first version with actions
}

# terraform apply -invoke=action.jiti_hold.demo
action "jiti_hold" "demo" {
  config {
    name  = "checkout-pr-412"
    until = "6h"
    why   = "demo at four"
  }
}
