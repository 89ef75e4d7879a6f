import {
  to = jiti_note.a
  id = "1"
}
