list "jiti_note" "all" {
  provider = jiti
}
