output "url" {
  description = "Where the app is."
  value       = "http://${aws_lb.app.dns_name}/"
}

output "ready_after_seconds" {
  description = "How long it took from requested to ready."
  value       = jiti_readiness.this.init_seconds
}
