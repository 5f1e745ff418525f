"""How the rules write each role: melody, counterpoint, chords, bass, drums."""
