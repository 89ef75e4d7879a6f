# terraform apply -invoke=action.jiti_wake.morning
action "jiti_wake" "morning" {
  config {
    name = "checkout-pr-412"
  }
}
