# Policies of a topic, of which some let every principal in.
locals {
  topic = "arn:aws:sns:us-east-1:123456789012:orders"
  role  = "arn:aws:iam::123456789012:role/orders"
  statements = {
    denied      = { Effect = "Deny", Principal = "*" }
    everyone    = { Effect = "Allow", Principal = "*" }
    every_aws   = { Effect = "Allow", Principal = { AWS = "*" } }
    in_a_list   = { Effect = "Allow", Principal = { AWS = [local.role, "*"] } }
    any_account = { Effect = "Allow", Principal = { AWS = "arn:aws:iam::*:role/orders" } }
    one_role    = { Effect = "Allow", Principal = { AWS = local.role } }
    limited = {
      Effect    = "Allow"
      Principal = { AWS = [local.role, "*"] }
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }
  }
}

resource "aws_sns_topic_policy" "denied" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.denied)] })
}

resource "aws_sns_topic_policy" "everyone" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.everyone)] })
}

resource "aws_sns_topic_policy" "every_aws" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.every_aws)] })
}

resource "aws_sns_topic_policy" "in_a_list" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.in_a_list)] })
}

resource "aws_sns_topic_policy" "any_account" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.any_account)] })
}

resource "aws_sns_topic_policy" "one_role" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.one_role)] })
}

resource "aws_sns_topic_policy" "limited" {
  arn    = local.topic
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge({ Action = "SNS:Publish", Resource = local.topic }, local.statements.limited)] })
}
