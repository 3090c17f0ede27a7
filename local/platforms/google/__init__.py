"""The sandbox of Google Data Manager."""
