"""The collector: Segment-compatible intake over HTTP."""
