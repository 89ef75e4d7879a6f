terraform {
  required_version = ">= 1.14" # the first version with actions
}

# terraform apply -invoke=action.jiti_unhold.demo
action "jiti_unhold" "demo" {
  config {
    name = "checkout-pr-412"
  }
}
