"""Segments, traits and RFM as rows: drafts, versions, publishing, sweeps."""
