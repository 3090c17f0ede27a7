"""States of audiences, pushes, requests and rows; the names of the platforms."""
