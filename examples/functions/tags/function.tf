# For configurations that cannot wait for the resource: an import into an empty state, or another root module.
output "tags" {
  value = provider::jiti::tags("checkout-pr-412", "checkout", "8f3c2d1", "ana@example.com", "8h", { cost-center = "42" })
}
