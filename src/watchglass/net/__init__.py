"""Which addresses may be reached, and the HTTP client that asks first."""
