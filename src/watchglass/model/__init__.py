"""Pure data and pure rules: no input or output, no clock."""
