"""Speed and memory, measured. `python -m benchmarks` runs all and prints them beside the previous run."""
