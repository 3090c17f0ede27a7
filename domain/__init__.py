"""The words of the business as plain values: events, identifiers, leaves, people, links, rules, readings, decisions. No I/O, no clock."""
