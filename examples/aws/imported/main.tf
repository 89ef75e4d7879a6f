# An existing bucket in a stack: an import into an empty state.
#
# The import runs before any state holds the lease's tags. So the provider's tags come from the function, which uses
# only variables. The lease returns the same map.

terraform {
  required_providers {
    aws  = { source = "hashicorp/aws", version = "~> 5.100" }
    jiti = { source = "jiti-dev/jiti" }
  }
}

provider "jiti" {}

variable "bucket" {
  description = "The name of the bucket."
  type        = string
}

variable "git_sha" {
  description = "The version of the app."
  type        = string
}

variable "owner" {
  description = "The owner of the stack."
  type        = string
}

variable "region" {
  description = "The AWS region of the bucket."
  type        = string
  default     = "eu-west-1"
}

variable "endpoint" {
  description = "A custom endpoint instead of AWS."
  type        = string
  default     = null
}

locals {
  name = provider::jiti::stack_name("assets", var.git_sha)
  ttl  = "8h"
  tags = provider::jiti::tags(local.name, "assets", var.git_sha, var.owner, local.ttl, {})
}

resource "jiti_stack" "this" {
  name    = local.name
  app     = "assets"
  version = var.git_sha
  owner   = var.owner
  ttl     = local.ttl
  teardown = {
    variables = {
      for name, value in {
        bucket   = var.bucket
        git_sha  = var.git_sha
        owner    = var.owner
        region   = var.region
        endpoint = var.endpoint
      } : name => value if value != null
    }
  }
}

provider "aws" {
  region = var.region
  default_tags { tags = local.tags }

  s3_use_path_style           = var.endpoint != null
  skip_credentials_validation = var.endpoint != null
  dynamic "endpoints" {
    for_each = var.endpoint[*]
    content {
      s3  = endpoints.value
      sts = endpoints.value
    }
  }
}

import {
  to = aws_s3_bucket.assets
  id = var.bucket
}

resource "aws_s3_bucket" "assets" {
  bucket = var.bucket

  # The tags come from variables, so they do not make the bucket depend on the lease.
  depends_on = [jiti_stack.this]
}
