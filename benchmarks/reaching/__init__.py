"""What `benchmarks/reach.py` and `benchmarks/soak.py` are made of."""
