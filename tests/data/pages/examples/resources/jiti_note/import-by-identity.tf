import {
  to       = jiti_note.a
  identity = { id = "1" }
}
