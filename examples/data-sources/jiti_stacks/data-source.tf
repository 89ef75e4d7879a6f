# Everything of one owner that is billed and never got ready.
data "jiti_stacks" "stuck" {
  owner = "ana@example.com"
  phase = "purgatory"
}

output "stuck" {
  value = [for stack in data.jiti_stacks.stuck.stacks : stack.name]
}
