"""The rule language: conditions, checks, references, windows, words.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `operators` | a condition → its operator's row: tests, words, what it suits, what records contain | none | `oracle.conditions` |
| `conditions` | conditions and event filters → functions of one value, of one event's properties | none | `oracle.conditions` |
| `check` | a rule → every problem beyond its shape, with its path | none | tables of cases |
| `references` | a rule and what is live → its unresolved references, cycles, who depends on what changed | none | tables of cases |
| `windows` | an instant → its bucket, and when that leaves a window; text → instant | none | `oracle.windows` |
| `describe` | a node → words | none | – |
"""  # noqa: E501 - a table
