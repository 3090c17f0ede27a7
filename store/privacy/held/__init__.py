"""Statements that read what is held of one person, each led by an index of their identifiers.

Their parameters are ``workspace``, ``profile``, ``keys`` (all identifiers of the person, by X

| file | what it reads |
|---|---|
| `snapshot` | one instant of the database, row by row |
| `people` | identifiers, the profile, events, links, merges, pauses |
| `segments` | memberships, and how they came and went |
| `outgoing` | lists and pushes of platforms, exports |
| `records` | requests, what is suppressed, the audit log, dead letters |
"""
