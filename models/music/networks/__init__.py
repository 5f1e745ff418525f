"""Networks that learned from scores; torch is imported here and by whoever imports these."""
