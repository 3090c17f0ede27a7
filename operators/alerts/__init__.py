"""Alerting: what is seen at each look → notices about episodes.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `params` | – | – | – |
| `watches` | conditions seen → what is remembered of each | `AlertState` | as `look` |
| `episodes` | what is remembered → episodes that begin and grow | `AlertState` | as `look` |
| `look` | conditions seen → notices about episodes | `AlertState` | random looks, in its test |
"""
