"""Detectors of Acme Television."""
