"""What a laptop needs.

Embedded servers, their supervisor, platform sandboxes, simulated traffic.
"""
