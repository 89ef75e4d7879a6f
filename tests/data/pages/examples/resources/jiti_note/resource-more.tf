# More.
resource "jiti_note" "b" {
  text = "b"
}
