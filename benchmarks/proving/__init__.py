"""The proving ground: content with and without defects, what was found in it, and what that is worth."""
