"""The loop, and what is made of what the detectors say."""
