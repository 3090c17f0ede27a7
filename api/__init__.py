"""The HTTP face: the Segment-compatible collector and the query API under /cdp/."""
