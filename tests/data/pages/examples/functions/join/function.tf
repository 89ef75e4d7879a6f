output "a" {
  value = provider::jiti::join("a", ["b"])
}
