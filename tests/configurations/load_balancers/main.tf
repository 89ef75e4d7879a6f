# Load balancers. One for gateways has no address of its own on the internet.
resource "aws_alb" "public" {
  name               = "public"
  internal           = false
  load_balancer_type = "application"
  subnets            = ["subnet-0a0a0a0a", "subnet-0b0b0b0b"]
}

resource "aws_alb" "internal" {
  name     = "internal"
  internal = true
  subnets  = ["subnet-0a0a0a0a", "subnet-0b0b0b0b"]
}

resource "aws_alb" "gateway" {
  name               = "gateway"
  internal           = false
  load_balancer_type = "gateway"
  subnets            = ["subnet-0a0a0a0a"]
}
