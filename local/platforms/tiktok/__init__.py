"""The sandbox of TikTok audiences."""
