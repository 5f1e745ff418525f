"""From performed bars to what sounds or is written: the ceiling, MIDI files, piano rolls."""
