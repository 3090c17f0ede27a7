"""The vocabulary of the business as plain values. No I/O, no clock."""
