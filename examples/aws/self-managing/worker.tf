data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = [var.ami_name]
  }
}

# The machine has these permissions and no others.
resource "aws_iam_role" "worker" {
  name_prefix = "${substr(jiti_stack.this.id, 0, 37)}-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

# This stack's part of the ledger.
resource "aws_iam_role_policy" "lease" {
  name   = "lease"
  role   = aws_iam_role.worker.id
  policy = var.self_policy
}

resource "aws_iam_role_policy" "work" {
  name = "work"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"]
        Resource = aws_sqs_queue.jobs.arn
      },
      {
        # The teardown runs there, because it also ends this machine.
        Effect   = "Allow"
        Action   = "codebuild:StartBuild"
        Resource = var.teardown_project
      },
    ]
  })
}

resource "aws_iam_instance_profile" "worker" {
  name_prefix = "${jiti_stack.this.id}-"
  role        = aws_iam_role.worker.name
}

resource "aws_instance" "worker" {
  ami                                  = data.aws_ami.linux.id
  instance_type                        = var.instance_type
  iam_instance_profile                 = aws_iam_instance_profile.worker.name
  instance_initiated_shutdown_behavior = "terminate"
  user_data_replace_on_change          = true
  user_data                            = "#cloud-config\n${jsonencode(local.machine)}\n"

  # default_tags does not apply to the machine's volumes.
  volume_tags = jiti_stack.this.tags

  depends_on = [aws_iam_role_policy.lease, aws_iam_role_policy.work]
}

locals {
  # How a program on the machine starts the teardown of the stack.
  dispatch = [
    "aws", "codebuild", "start-build", "--project-name", reverse(split("/", var.teardown_project))[0],
    "--environment-variables-override", "name=STACK,value={name}",
  ]

  machine = {
    write_files = [
      {
        path    = "/etc/jiti/config.toml"
        content = "[dispatch]\ncommand = ${jsonencode(local.dispatch)}\ntimeout = \"30m\"\n"
      },
      {
        path    = "/etc/jiti/worker.env"
        content = <<-EOT
          STACK=${jiti_stack.this.id}
          QUEUE_URL=${aws_sqs_queue.jobs.url}
          JITI_LEDGER=${var.ledger}
          JITI_CONFIG=/etc/jiti/config.toml
          AWS_REGION=${var.region}
          HOME=/root
        EOT
      },
      {
        path        = "/usr/local/bin/worker"
        permissions = "0755"
        content     = file("${path.module}/worker.sh")
      },
      {
        path    = "/etc/systemd/system/worker.service"
        content = <<-EOT
          [Service]
          EnvironmentFile=/etc/jiti/worker.env
          ExecStart=/usr/local/bin/worker ${var.job}
          Restart=on-failure
          RestartSec=10
        EOT
      },
    ]
    runcmd = [
      "curl -fsSL https://github.com/jiti-dev/jiti/releases/latest/download/install.sh | sh -s -- --to /usr/local/bin",
      "systemctl start worker",
    ]
  }
}
