"""What the adapter of BrainFlow's boards is made of."""
