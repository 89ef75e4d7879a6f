terraform {
  required_providers {
    jiti = {
      source = "jiti-dev/jiti"
    }
  }
}

# Both arguments have defaults that suit one machine: $JITI_LEDGER and $JITI_CONFIG, else files in the user's own folders.
provider "jiti" {
  ledger = "${path.root}/ledger.db"
}
