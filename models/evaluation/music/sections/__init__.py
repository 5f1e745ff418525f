"""The parts of the report, one file each: what was measured as tables, words and figures."""
