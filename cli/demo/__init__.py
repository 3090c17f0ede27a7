"""The demo: real purchases, one push, live traffic."""
