"""The session as a pure function of ticks: no clock, no thread, no web, no database."""
