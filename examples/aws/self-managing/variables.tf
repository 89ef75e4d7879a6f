variable "name" {
  description = "The name of the stack. Its policy must be printed for this name."
  type        = string
}

variable "owner" {
  description = "The owner of the stack."
  type        = string
}

variable "ledger" {
  description = "The shared ledger, such as dynamodb://jiti-ledger?region=eu-west-1."
  type        = string
}

variable "self_policy" {
  description = "The policy that `jiti iam self NAME` prints."
  type        = string
}

variable "teardown_project" {
  description = "The ARN of the CodeBuild project that destroys the stack which its variable STACK names."
  type        = string
}

variable "job" {
  description = "The command for one job. Its last argument is the text of the message."
  type        = string
  default     = "sleep"
}

variable "region" {
  description = "The AWS region of the stack."
  type        = string
  default     = "eu-west-1"
}

variable "instance_type" {
  description = "The type of the machine."
  type        = string
  default     = "t3.micro"
}

variable "ami_name" {
  description = "The name of the machine's image; Terraform takes Amazon's newest image that matches."
  type        = string
  default     = "al2023-ami-2023.*-x86_64"
}

variable "endpoint" {
  description = "A custom endpoint instead of AWS."
  type        = string
  default     = null
}

locals {
  variables = {
    for name, value in {
      name             = var.name
      owner            = var.owner
      ledger           = var.ledger
      self_policy      = var.self_policy
      teardown_project = var.teardown_project
      job              = var.job
      region           = var.region
      instance_type    = var.instance_type
      ami_name         = var.ami_name
      endpoint         = var.endpoint
    } : name => value if value != null
  }
}
