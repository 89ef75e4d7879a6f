terraform {
  required_providers {
    jiti = {
      source = "jiti-dev/jiti"
    }
  }
}

# Both arguments are optional. The defaults are $JITI_LEDGER and $JITI_CONFIG, else files in the user's home folder.
provider "jiti" {
  ledger = "${path.root}/ledger.db"
}
