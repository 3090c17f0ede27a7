"""The naive recomputation that the engine is measured against: slow, whole, from the stored events alone.

It shares no folding, resolving or composing with `operators`; of that layer it knows only how an identifier is spelled.

| file | what it answers |
|---|---|
| record.py | what one stored payload says |
| identity.py | which identifiers are one person, and what became of every link |
| view.py | what all events of one person add up to; stage and memberships at an instant |
| compare.py | how one stored person differs from the recomputed one, field by field |
| links.py | how the stored links differ |
| verification.py | walks the tables of a workspace in chunks and lists every difference |
"""
