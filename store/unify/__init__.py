"""The unit of work: loads what a batch needs and commits everything that it does."""
