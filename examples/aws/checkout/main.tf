# One version of checkout as a stack of its own: a network, instances behind a load balancer, a database, a bucket.

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

  # What `terraform destroy` needs to be run again, by hand or by the reaper.
  teardown = { variables = local.variables }
}

# Everything that this provider creates carries the stack's tags, comes after the lease and goes before it.
provider "aws" {
  region = var.region
  default_tags { tags = jiti_stack.this.tags }

  # An endpoint of one's own instead of AWS, such as a test server.
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

# Ready is when the load balancer has a healthy target and passes a request on to it.
resource "jiti_readiness" "this" {
  stack      = jiti_stack.this.id
  triggers   = { version = var.git_sha }
  http       = [{ url = coalesce(var.health_url, "http://${aws_lb.app.dns_name}/healthz") }]
  depends_on = [aws_autoscaling_group.app, aws_lb_listener.http, aws_db_instance.this]
}
