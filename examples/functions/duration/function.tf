output "seconds" {
  value = provider::jiti::duration("1d12h") # 129600
}
