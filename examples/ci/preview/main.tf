# One preview of the app checkout for each pull request. The app here is only a placeholder: put your own resources in
# its place. Each stack has its own state: `terraform init` gets the bucket and the key from the workflow.

terraform {
  required_version = ">= 1.8"

  required_providers {
    jiti = { source = "jiti-dev/jiti" }
  }

  backend "s3" {}
}

# The ledger is $JITI_LEDGER, the policy $JITI_CONFIG.
provider "jiti" {}

variable "name" {
  description = "The name of the stack, such as checkout-pr-412."
  type        = string
}

variable "git_sha" {
  description = "The commit. A new one updates the stack in place and renews its lease."
  type        = string
}

variable "owner" {
  description = "Who answers for the stack: the author of the pull request."
  type        = string
}

resource "jiti_stack" "this" {
  name        = var.name
  app         = "checkout"
  version     = var.git_sha
  owner       = var.owner
  ttl         = "8h"
  hourly_cost = 0.42

  # The comment on the pull request shows this label.
  labels = { url = "https://${var.name}.preview.example.com" }

  # A teardown on another machine needs the same inputs.
  teardown = { variables = { name = var.name, git_sha = var.git_sha, owner = var.owner } }
}

# With a cloud provider, write `default_tags { tags = jiti_stack.this.tags }`.
resource "terraform_data" "app" {
  input = jiti_stack.this.tags
}
