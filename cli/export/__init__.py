"""The export command and its HTTP client."""
