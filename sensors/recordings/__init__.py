"""Files into streams: `readers.open_recording` picks the reader by what the path is."""
