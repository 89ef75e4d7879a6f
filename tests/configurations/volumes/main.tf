# Volumes with and without encryption.
resource "aws_ebs_volume" "on" {
  availability_zone = "us-east-1a"
  size              = 40
  encrypted         = true
}

resource "aws_ebs_volume" "unset" {
  availability_zone = "us-east-1a"
  size              = 40
}

resource "aws_ebs_volume" "off" {
  availability_zone = "us-east-1a"
  size              = 40
  encrypted         = false
}
