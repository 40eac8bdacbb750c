"""What is wrong with captions and subtitles."""
