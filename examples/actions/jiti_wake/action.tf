terraform {
  required_version = ">= 1.14" # the first version with actions
}

# terraform apply -invoke=action.jiti_wake.morning
action "jiti_wake" "morning" {
  config {
    name = "checkout-pr-412"
  }
}
