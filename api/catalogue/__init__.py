"""What there is in a workspace, by name: for whoever builds a rule or a filter."""
