terraform import jiti_note.a 1
