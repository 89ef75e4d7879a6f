# URLs of a function, with and without an identity.
resource "aws_lambda_function_url" "open" {
  function_name      = "orders"
  authorization_type = "NONE"
}

resource "aws_lambda_function_url" "signed" {
  function_name      = "orders"
  qualifier          = "live"
  authorization_type = "AWS_IAM"
}
