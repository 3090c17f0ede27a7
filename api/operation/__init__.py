"""Health and totals over HTTP."""
