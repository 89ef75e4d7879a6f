variable "git_sha" {
  description = "The version of the app."
  type        = string
}

variable "owner" {
  description = "Who is responsible."
  type        = string
}

variable "region" {
  description = "Where the stack stands."
  type        = string
  default     = "eu-west-1"
}

variable "ami_name" {
  description = "The image of the instances; the newest one of Amazon's with this name."
  type        = string
  default     = "al2023-ami-2023.*-x86_64"
}

variable "database" {
  description = "Whether the stack has a database of its own."
  type        = bool
  default     = true
}

variable "endpoint" {
  description = "An endpoint of one's own instead of AWS."
  type        = string
  default     = null
}

variable "health_url" {
  description = "Where to ask whether the app is ready, if not at the load balancer."
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
