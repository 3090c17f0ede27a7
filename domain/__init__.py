"""The words of the business as plain values: events, identifiers, leaves, people, links, readings, decisions. No I/O, no clock."""
