"""Segments, traits, RFM, previews and funnels over HTTP."""
