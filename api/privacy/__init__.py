"""Requests of people about their own data: erasures, their register and receipts, the data map."""
