"""The naive recomputation from stored events that the engine is checked against.

It shares no folding, resolving or composing with `operators`; of that layer it knows only how an
identifier is normalised.

| file | what it answers |
|---|---|
| statements/ | what one stored payload says |
| identity.py | which identifiers are one person, and the status of every link |
| view.py | what all events of one person add up to; stage at an instant |
| windows.py | until when an event counts in a window; what a text says about time |
| conditions.py | whether a value satisfies a condition |
| measures.py | what matching events amount to |
| sequences.py | when a sequence completed |
| rules.py | whether a rule holds at an instant; memberships, computed traits, RFM scores |
| flips.py | the next instant at which an answer changes if nothing happens |
| compare.py | how one stored person differs from the recomputed one, field by field |
| standing.py | how their stage and memberships differ |
| partition.py | how who is one person differs |
| links.py | how the stored links differ |
| outbox.py | how memberships differ from the changes in the outbox |
| tables.py | the tables that are verified |
| verification.py | walks the tables of a workspace in chunks and lists every difference |
| report.py | what was found, for reading and as JSON |
"""
