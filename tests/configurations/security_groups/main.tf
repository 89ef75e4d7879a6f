# Security groups and rules, of which some let everyone in on the port of SSH.
resource "aws_vpc" "net" { cidr_block = "10.20.0.0/16" }

resource "aws_security_group" "peers" { vpc_id = aws_vpc.net.id }

resource "aws_security_group" "ssh_v4" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["192.168.0.0/16", "0.0.0.0/0"]
  }
}

resource "aws_security_group" "ssh_v4_and_peers" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol        = "tcp"
    from_port       = 22
    to_port         = 22
    cidr_blocks     = ["192.168.0.0/16", "0.0.0.0/0"]
    security_groups = [aws_security_group.peers.id]
  }
}

resource "aws_security_group" "ssh_v6" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol         = "tcp"
    from_port        = 22
    to_port          = 22
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_security_group" "all_as_attribute" {
  vpc_id = aws_vpc.net.id
  ingress = [{
    protocol         = "-1"
    from_port        = 0
    to_port          = 0
    cidr_blocks      = ["0.0.0.0/0"]
    description      = "everything"
    ipv6_cidr_blocks = []
    prefix_list_ids  = []
    security_groups  = []
    self             = false
  }]
}

resource "aws_security_group" "other_port" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol    = "tcp"
    from_port   = 222
    to_port     = 222
    cidr_blocks = ["192.168.0.0/16", "0.0.0.0/0"]
  }
}

resource "aws_security_group" "ssh_of_peers" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol        = "tcp"
    from_port       = 22
    to_port         = 22
    security_groups = [aws_security_group.peers.id]
  }
}

resource "aws_security_group" "ssh_of_network" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["192.168.0.0/16"]
  }
}

resource "aws_security_group" "outward_only" {
  vpc_id = aws_vpc.net.id
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "itself" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }
}

resource "aws_security_group" "everyone_and_itself" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
    self        = true
  }
}

resource "aws_security_group" "no_source" {
  vpc_id = aws_vpc.net.id
  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = false
  }
}

resource "aws_security_group_rule" "ssh_v4" {
  security_group_id = aws_security_group.peers.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["192.168.0.0/16", "0.0.0.0/0"]
}

resource "aws_security_group_rule" "ssh_of_network" {
  security_group_id = aws_security_group.peers.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["192.168.0.0/16"]
}

resource "aws_security_group_rule" "ssh_outward" {
  security_group_id = aws_security_group.peers.id
  type              = "egress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_vpc_security_group_ingress_rule" "ssh_v4" {
  security_group_id = aws_security_group.peers.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "web_of_network" {
  security_group_id = aws_security_group.peers.id
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 8080
  cidr_ipv4         = "10.0.0.0/8"
}
