"""Funnels and their breakdowns.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `funnel` | occurrences → best attempts, figures | none | trying every choice, in its test |
| `breakdown` | people's values → most common, others, nobody's | none | properties, in a test |
"""
