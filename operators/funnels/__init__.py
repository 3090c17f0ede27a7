"""Funnels and their breakdowns.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `funnel` | occurrences of ordered steps → everybody's best attempt, and its figures | none | trying every choice, in its test |
| `breakdown` | people's values → the most common ones, all others, nobody's | none | properties in the test of `funnels.funnel` |
"""  # noqa: E501 - a table
