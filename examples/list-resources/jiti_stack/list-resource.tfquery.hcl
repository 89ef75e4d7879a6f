# terraform query -generate-config-out=stacks.tf
provider "jiti" {}

list "jiti_stack" "of_ana" {
  provider = jiti

  config {
    app   = "checkout"
    owner = "ana@example.com"
    phase = "ready"
  }
}
