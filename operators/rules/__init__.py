"""The rule language: conditions, checks, references, windows, words.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `operators` | a condition → its operator's row: tests, words | none | `oracle.conditions` |
| `conditions` | conditions → functions of a value, of an event | none | `oracle.conditions` |
| `check` | a rule → every problem beyond its shape, with its path | none | tables of cases |
| `references` | a rule, what is live → what it lacks, cycles, dependants | none | tables of cases |
| `windows` | an instant → its bucket, and when that leaves a window | none | `oracle.windows` |
| `describe` | a node → words | none | – |
"""
