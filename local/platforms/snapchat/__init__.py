"""The sandbox of Snapchat audiences."""
