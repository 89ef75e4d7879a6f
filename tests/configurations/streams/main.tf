# Streams with and without encryption.
resource "aws_kinesis_stream" "on" {
  name            = "on"
  shard_count     = 1
  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"
}

resource "aws_kinesis_stream" "by_default" {
  name        = "by-default"
  shard_count = 1
}

resource "aws_kinesis_stream" "off" {
  name            = "off"
  shard_count     = 1
  encryption_type = "NONE"
}
