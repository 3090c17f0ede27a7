"""Meta: codec and errors."""
