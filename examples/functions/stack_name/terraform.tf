terraform {
  required_providers {
    jiti = { source = "jiti-dev/jiti" }
  }
}
