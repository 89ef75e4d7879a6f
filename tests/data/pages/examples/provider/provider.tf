provider "jiti" {}
