"""Audiences and receipts that are due."""
