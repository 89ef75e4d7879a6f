data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = [var.ami_name]
  }
}

resource "aws_launch_template" "app" {
  name_prefix            = "${jiti_stack.this.id}-"
  image_id               = data.aws_ami.linux.id
  instance_type          = "t3.micro"
  update_default_version = true
  vpc_security_group_ids = [aws_security_group.app.id]
  user_data = base64encode(<<-BOOT
    #!/bin/sh
    mkdir -p /srv && cd /srv && echo ok > healthz && exec python3 -m http.server 8080
  BOOT
  )

  # default_tags tags the template itself, but not what the group launches from it.
  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]
    content {
      resource_type = tag_specifications.value
      tags          = jiti_stack.this.tags
    }
  }
}

resource "aws_autoscaling_group" "app" {
  name_prefix               = "${jiti_stack.this.id}-"
  min_size                  = 1
  desired_capacity          = 2
  max_size                  = 3
  vpc_zone_identifier       = aws_subnet.public[*].id
  target_group_arns         = [aws_lb_target_group.app.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 60

  launch_template {
    id      = aws_launch_template.app.id
    version = aws_launch_template.app.latest_version
  }

  # default_tags does not apply to this one resource of the AWS provider.
  dynamic "tag" {
    for_each = jiti_stack.this.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}

resource "aws_lb" "app" {
  # At most 32 characters, without a hyphen at either end.
  name               = trim(substr(jiti_stack.this.id, 0, 32), "-")
  load_balancer_type = "application"
  security_groups    = [aws_security_group.balancer.id]
  subnets            = aws_subnet.public[*].id
}

resource "aws_lb_target_group" "app" {
  name                 = trim(substr(jiti_stack.this.id, 0, 32), "-")
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = 10
  health_check {
    path     = "/healthz"
    interval = 10
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.app.arn
  port              = 80
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
}
