resource "aws_db_subnet_group" "this" {
  count       = var.database ? 1 : 0
  name_prefix = "${jiti_stack.this.id}-"
  subnet_ids  = aws_subnet.public[*].id
}

resource "aws_security_group" "database" {
  count       = var.database ? 1 : 0
  name_prefix = "${jiti_stack.this.id}-database-"
  description = "Traffic to the database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "from_app" {
  count                        = var.database ? 1 : 0
  security_group_id            = aws_security_group.database[0].id
  referenced_security_group_id = aws_security_group.app.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_instance" "this" {
  count                       = var.database ? 1 : 0
  identifier_prefix           = "${jiti_stack.this.id}-"
  engine                      = "postgres"
  instance_class              = "db.t4g.micro"
  storage_type                = "gp3"
  allocated_storage           = 20
  username                    = "checkout"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.this[0].name
  vpc_security_group_ids      = [aws_security_group.database[0].id]

  # The stack lives for hours: keep no snapshot and no backup.
  skip_final_snapshot      = true
  delete_automated_backups = true
  backup_retention_period  = 0
}

resource "aws_s3_bucket" "assets" {
  bucket_prefix = "${jiti_stack.this.id}-"
  force_destroy = true
}
