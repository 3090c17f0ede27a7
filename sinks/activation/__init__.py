"""Plans pushes, asks the gate, and delivers them to ad platforms."""
