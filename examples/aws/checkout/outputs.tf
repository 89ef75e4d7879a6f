output "url" {
  description = "The URL of the app."
  value       = "http://${aws_lb.app.dns_name}/"
}

output "ready_after_seconds" {
  description = "The time from requested to ready, in seconds."
  value       = jiti_readiness.this.init_seconds
}
