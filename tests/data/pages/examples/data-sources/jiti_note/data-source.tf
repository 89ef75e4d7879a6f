data "jiti_note" "a" {
  id = "1"
}
