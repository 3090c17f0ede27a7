"""Funnels, RFM and computed traits: what is counted about people."""
