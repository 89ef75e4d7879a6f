variable "git_sha" {
  description = "The version of the app."
  type        = string
}

variable "owner" {
  description = "The owner of the stack."
  type        = string
}

variable "region" {
  description = "The AWS region of the stack."
  type        = string
  default     = "eu-west-1"
}

variable "ami_name" {
  description = "The name of the instances' image; Terraform takes Amazon's newest image that matches."
  type        = string
  default     = "al2023-ami-2023.*-x86_64"
}

variable "database" {
  description = "Whether the stack has its own database."
  type        = bool
  default     = true
}

variable "endpoint" {
  description = "A custom endpoint instead of AWS."
  type        = string
  default     = null
}

variable "health_url" {
  description = "The URL of the readiness check, if it is not the load balancer's."
  type        = string
  default     = null
}

locals {
  variables = {
    for name, value in {
      git_sha    = var.git_sha
      owner      = var.owner
      region     = var.region
      ami_name   = var.ami_name
      database   = tostring(var.database)
      endpoint   = var.endpoint
      health_url = var.health_url
    } : name => value if value != null
  }
}
