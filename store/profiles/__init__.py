"""People, their events and totals as the query API and `verify` read them."""
