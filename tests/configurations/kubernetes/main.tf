# Kubernetes clusters, of which the API is public by default, explicitly, or not at all.
locals {
  role    = "arn:aws:iam::123456789012:role/cluster"
  subnets = ["subnet-0a0a0a0a", "subnet-0b0b0b0b"]
}

resource "aws_eks_cluster" "private" {
  name     = "private"
  role_arn = local.role
  vpc_config {
    subnet_ids             = local.subnets
    endpoint_public_access = false
  }
}

resource "aws_eks_cluster" "by_default" {
  name     = "by-default"
  role_arn = local.role
  vpc_config { subnet_ids = local.subnets }
}

resource "aws_eks_cluster" "public" {
  name     = "public"
  role_arn = local.role
  vpc_config {
    subnet_ids             = local.subnets
    endpoint_public_access = true
  }
}
