resource "jiti_note" "a" {
  text = "a"
}
