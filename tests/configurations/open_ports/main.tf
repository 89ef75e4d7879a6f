# Security groups that let everyone in on the ports of web servers, or on more.
resource "aws_security_group" "exactly_80" {
  ingress {
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "exactly_443" {
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "around_80" {
  ingress {
    protocol    = "tcp"
    from_port   = 79
    to_port     = 81
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "around_443" {
  ingress {
    protocol    = "tcp"
    from_port   = 442
    to_port     = 444
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "all" {
  ingress {
    protocol    = "tcp"
    from_port   = 0
    to_port     = 65535
    cidr_blocks = ["0.0.0.0/0"]
  }
}
