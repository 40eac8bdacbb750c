"""Known defects put into clean media."""
