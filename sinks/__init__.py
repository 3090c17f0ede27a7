"""Outbound I/O: appending to the log, hot projections, platforms and their delivery.

One runner, one retry policy.
"""
