"""Detectors of this family, one file per defect."""
