"""Alerting: what each evaluation sees → notices about episodes.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `params` | – | – | – |
| `watches` | conditions seen → what is remembered of each | `AlertState` | as `evaluate` |
| `episodes` | what is remembered → episodes that begin and grow | `AlertState` | as `evaluate` |
| `names` | a text, names of sources → the text with the names | none | its examples |
| `evaluate` | conditions seen → notices about episodes | `AlertState` | in its test: random |
"""
