"""OpenDSR outwards: signed answers, and callbacks to whoever sent a request."""
