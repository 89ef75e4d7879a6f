action "jiti_archive" "a" {
  config {
    id = "1"
  }
}
