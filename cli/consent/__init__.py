"""``stratum consent``: what people allow, and since when."""
