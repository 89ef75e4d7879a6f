# One version of checkout as a separate stack: a network, instances behind a load balancer, a database, a bucket.

terraform {
  required_providers {
    aws  = { source = "hashicorp/aws", version = "~> 5.100" }
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {}

resource "jiti_stack" "this" {
  name          = "checkout-${var.git_sha}"
  app           = "checkout"
  version       = var.git_sha
  owner         = var.owner
  ttl           = "8h"
  idle_after    = "2h"
  ready_timeout = "15m"

  # The inputs that a later destroy needs, whether a user or the reaper runs it.
  teardown = { variables = local.variables }
}

# Known at plan. Terraform creates this provider's resources after the lease and destroys them before it.
provider "aws" {
  region = var.region
  default_tags { tags = jiti_stack.this.tags }

  # A custom endpoint instead of AWS, such as a test server.
  s3_use_path_style           = var.endpoint != null
  skip_credentials_validation = var.endpoint != null
  dynamic "endpoints" {
    for_each = var.endpoint[*]
    content {
      autoscaling = endpoints.value
      ec2         = endpoints.value
      elbv2       = endpoints.value
      iam         = endpoints.value
      rds         = endpoints.value
      s3          = endpoints.value
      sts         = endpoints.value
    }
  }
}

# The stack is ready when the load balancer has a healthy target and forwards a request to it.
resource "jiti_readiness" "this" {
  stack      = jiti_stack.this.id
  triggers   = { version = var.git_sha }
  http       = [{ url = coalesce(var.health_url, "http://${aws_lb.app.dns_name}/healthz") }]
  depends_on = [aws_autoscaling_group.app, aws_lb_listener.http, aws_db_instance.this]
}
