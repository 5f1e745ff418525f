"""One file per signal: samples in, readings out, each with its quality or the reason for its absence."""
