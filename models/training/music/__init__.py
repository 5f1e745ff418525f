"""Training of the learned generators: windows of bars, the loop, its curves and its checkpoints. Offline only."""
