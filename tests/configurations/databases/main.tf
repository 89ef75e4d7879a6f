# Databases with and without encryption.
resource "aws_db_instance" "on" {
  engine              = "mysql"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "shop"
  password            = "a-long-enough-word"
  skip_final_snapshot = true
  storage_encrypted   = true
}

resource "aws_db_instance" "by_default" {
  engine              = "mysql"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "shop"
  password            = "a-long-enough-word"
  skip_final_snapshot = true
}

resource "aws_db_instance" "off" {
  engine              = "mysql"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "shop"
  password            = "a-long-enough-word"
  skip_final_snapshot = true
  storage_encrypted   = false
}
