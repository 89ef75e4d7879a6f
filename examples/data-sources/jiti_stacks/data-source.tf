# All stacks of one owner that are billed but were not ready in time.
data "jiti_stacks" "stuck" {
  owner = "ana@example.com"
  phase = "purgatory"
}

output "stuck" {
  value = [for stack in data.jiti_stacks.stuck.stacks : stack.name]
}
