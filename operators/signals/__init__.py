"""Health of a signal: counters in, readings out.

| file | result ← input | state | oracle |
|---|---|---|---|
| `observe` | additive counters ← a batch | – | recount in its test |
| `window` | a rolling window ← minute counters | `Window` | sum over all rows |
| `counts` | sums by metric and suffix ← counters | – | sum over all rows |
| `baseline`, `learn` | a baseline ← settled minutes | `SignalBaseline` | golden checkpoints |
| `match_quality` | an estimate, 0–10 ← identifiers of an event | – | tables of cases |
| `evidence` | span, counters, silence ← a baseline, an instant | – | random lives of sources |
| `components/` | a component's reading ← evidence | `SignalBaseline` | properties; fault lab |
| `scores` | scores of components ← findings | – | properties |
| `health` | a reading ← components | – | properties |
| `params` | – | – | – |
| `ratchet` | a reading no better than since the last event ← a reading | `Floor` | random lives |
| `machine` | readings worth one ← minutes | `SignalBaseline` | `health` over all rows |
| `forecast` | a trend, a threshold crossed ← past readings | – | tables of cases |
| `words` | sentences ← names, metrics and values | – | its examples |
| `series` | points to watch ← minutes | `SignalBaseline` | as `detection.metric_watch` |
"""
