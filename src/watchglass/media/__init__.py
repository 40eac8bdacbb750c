"""The converter: streams in, items out; the only room that knows FFmpeg."""
