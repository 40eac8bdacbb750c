"""What outlives the process: readings as they were judged, in Parquet."""
