"""The rule language, definitions, aggregates and RFM as values."""
