# "a-b" in version "c" and "a" in version "b-c" get different names.
output "name" {
  value = provider::jiti::stack_name("checkout", "feature/new-cart")
}
