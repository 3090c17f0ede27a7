"""The sandbox of Meta custom audiences."""
