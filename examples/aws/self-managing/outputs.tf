output "queue_url" {
  description = "Send jobs to this queue."
  value       = aws_sqs_queue.jobs.url
}
