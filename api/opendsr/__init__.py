"""OpenDSR: takes requests of people that other systems send, and tells how far they are."""
