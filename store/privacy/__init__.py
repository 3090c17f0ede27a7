"""Requests of people about their own data: the register, what an erasure would remove, receipts."""
