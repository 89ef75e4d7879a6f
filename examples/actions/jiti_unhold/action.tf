# terraform apply -invoke=action.jiti_unhold.demo
action "jiti_unhold" "demo" {
  config {
    name = "checkout-pr-412"
  }
}
