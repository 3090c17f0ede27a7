"""Everything on one machine: components, supervisor, sandboxes."""
