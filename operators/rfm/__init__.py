"""Recency, frequency, monetary value: bounds and scores.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `scores` | a buyer's figures and the population's bounds → scores and the named segment | none | counting, in its test |
| `reading` | a person's purchases and bounds → their scores, and until when they are sure | none | `oracle.rules` |
| `bounds` | buyers → quintile bounds, people per named segment | buyers up to a limit, then sketches | a sort, in its test |
"""  # noqa: E501 - a table
