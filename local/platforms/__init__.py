"""Sandboxes of the ad platforms, as strict as the platforms."""
