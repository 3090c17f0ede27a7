"""Why somebody is in a segment or not, condition by condition."""
