"""A week in a coffee shop: who its customers are, what they do, and what goes wrong.

Pure: facts and records by the minute of the week; `cli.story` plays them through the engine.
"""
