"""Health of a signal: counters in, readings out.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `observe` | a batch → additive counters | none | recount in its test |
| `window` | minute counters → a rolling window | the window's minutes | sum over all rows |
| `baseline` | settled minutes → all that is usual of one signal | `Memory` | restored equals uninterrupted |
| `match_quality` | an event's identifiers → how well platforms could match it, and what another one would gain | none | tables of cases |
| `source_health`, `platform_health` | a window and what is usual → components of health | none | properties; the fault lab |
| `scores` | findings → scores of components | none | properties |
| `health` | components → a reading | none | properties |
| `params` | – | – | – |
| `ratchet` | a reading of a silent source → one no better than those since its last event | – | random lives of sources |
| `machine` | a signal's minutes → its readings, where they are worth one | `Memory` | `signals.health` over all rows |
| `forecast` | past readings → a trend, and when a threshold is crossed | none | tables of cases |
| `series` | a signal's minutes → points of the series that anomalies are looked for in | in `Memory` | as `detection.episodes` |
"""
