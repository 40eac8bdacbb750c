"""Pure functions on arrays, and the only room that knows OpenCV."""
