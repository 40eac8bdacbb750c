"""What outlives the process: readings as they were judged, in Parquet."""

MISSING = "stored readings need pyarrow: pip install 'watchglass[archive]'"
"""What is told where the optional extra is not there."""
