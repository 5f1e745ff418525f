"""A body that is not there: an autonomic state, and the waveforms it would show."""
