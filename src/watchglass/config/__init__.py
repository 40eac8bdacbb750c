"""One tree of settings, and the one place that knows every concrete class."""
