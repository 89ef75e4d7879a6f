# Redshift clusters, of which the endpoint is public by default, explicitly, or not at all.
resource "aws_redshift_cluster" "by_default" {
  cluster_identifier  = "by-default"
  master_username     = "shop"
  master_password     = "A-long-enough-word-1"
  node_type           = "ra3.large"
  cluster_type        = "single-node"
  skip_final_snapshot = true
}

resource "aws_redshift_cluster" "public" {
  cluster_identifier  = "public"
  master_username     = "shop"
  master_password     = "A-long-enough-word-1"
  node_type           = "ra3.large"
  cluster_type        = "single-node"
  skip_final_snapshot = true
  publicly_accessible = true
}

resource "aws_redshift_cluster" "private" {
  cluster_identifier  = "private"
  master_username     = "shop"
  master_password     = "A-long-enough-word-1"
  node_type           = "ra3.large"
  cluster_type        = "single-node"
  skip_final_snapshot = true
  publicly_accessible = false
}
