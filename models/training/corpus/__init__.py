"""The corpus: archives of free scores read, reduced to five roles, analysed, split by work and listed in a manifest."""
