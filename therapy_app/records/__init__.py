"""What is kept: tables, the session log, people. The only place that writes SQL."""
