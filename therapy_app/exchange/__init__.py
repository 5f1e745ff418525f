"""Files in and out: recordings estimated, sessions exported."""
