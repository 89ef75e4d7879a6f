# terraform apply -invoke=action.jiti_hold.demo
action "jiti_hold" "demo" {
  config {
    name  = "checkout-pr-412"
    until = "6h"
    why   = "demo at four"
  }
}
