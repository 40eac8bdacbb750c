"""Whom incidents are told to: a file for each kind of destination, and the one who tells them all."""
