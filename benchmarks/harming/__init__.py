"""What `benchmarks/mishaps.py` and its like are made of."""
