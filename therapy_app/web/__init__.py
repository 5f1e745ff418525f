"""The web: pages, live streams and commands. It tails the log and writes commands; it never estimates or composes."""
