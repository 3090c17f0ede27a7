"""Commands on segments, traits and RFM."""
