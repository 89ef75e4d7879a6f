# A stack that manages itself: a machine works through a queue, extends the stack's lease while a job runs, and ends the
# stack when the queue is empty.

terraform {
  required_providers {
    aws  = { source = "hashicorp/aws", version = "~> 5.100" }
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {
  ledger = var.ledger
}

resource "jiti_stack" "this" {
  name    = var.name
  app     = "batch"
  version = var.name
  owner   = var.owner

  # Short: if the machine fails, the stack ends soon. While a job runs, the worker extends it.
  ttl = "1h"

  # The worker reports that it is ready.
  ready_timeout = "15m"

  # The inputs that a later destroy needs.
  teardown = { variables = local.variables }
}

# Known at plan. Terraform creates this provider's resources after the lease and destroys them before it.
provider "aws" {
  region = var.region
  default_tags { tags = jiti_stack.this.tags }

  # A custom endpoint instead of AWS, such as a test server.
  skip_credentials_validation = var.endpoint != null
  dynamic "endpoints" {
    for_each = var.endpoint[*]
    content {
      ec2 = endpoints.value
      iam = endpoints.value
      sqs = endpoints.value
      sts = endpoints.value
    }
  }
}

resource "aws_sqs_queue" "jobs" {
  name_prefix = "${jiti_stack.this.id}-"

  # The worker prolongs this while it works on a job. After that, another attempt may begin.
  visibility_timeout_seconds = 300
}
