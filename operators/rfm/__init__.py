"""Recency, frequency, monetary value: bounds and scores.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `scores` | a buyer's figures, bounds → scores, the named segment | none | counting, in its test |
| `reading` | purchases, bounds → scores, and until when they are sure | none | `oracle.rules` |
| `bounds` | buyers → quintile bounds, people per segment | buyers, then sketches | a sort |
"""
