"""TikTok: codec and errors."""
