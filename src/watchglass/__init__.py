"""Watches audio and video streams and tells what a viewer would call broken."""
