"""Commands on audiences and platforms."""
