ephemeral "jiti_token" "a" {}
