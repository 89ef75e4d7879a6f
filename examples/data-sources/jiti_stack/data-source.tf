data "jiti_stack" "checkout" {
  name = "checkout-pr-412"
}

output "ends_at" {
  value = data.jiti_stack.checkout.expires_at
}
