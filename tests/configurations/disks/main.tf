# The disks of machines, of which some are not encrypted, or are so only by the account's default.
resource "aws_instance" "root_off" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = false }
}

resource "aws_instance" "root_unset" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { volume_size = 8 }
}

resource "aws_instance" "root_on_other_off" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = true }
  ebs_block_device {
    device_name = "/dev/xvdb"
    encrypted   = false
  }
}

resource "aws_instance" "other_off" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  ebs_block_device {
    device_name = "/dev/xvdb"
    encrypted   = false
  }
}

resource "aws_instance" "no_blocks" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
}

resource "aws_instance" "root_on" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = true }
}

resource "aws_instance" "all_on" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = true }
  ebs_block_device {
    device_name = "/dev/xvdb"
    encrypted   = true
  }
}

variable "encrypted" { default = true }

resource "aws_launch_configuration" "on" {
  image_id      = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = var.encrypted }
  ephemeral_block_device {
    device_name  = "/dev/sdc"
    virtual_name = "ephemeral0"
  }
}

resource "aws_launch_configuration" "off" {
  image_id      = "ami-12345678"
  instance_type = "t3.micro"
  root_block_device { encrypted = false }
}
