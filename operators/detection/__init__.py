"""Change detectors: CUSUM, seasonality, schema drift, anomalies, episodes.

| file | result ← input | state | oracle |
|---|---|---|---|
| `cusum` | evidence, certainty ← log-likelihood ratios | `Excursion` | closed cases, properties |
| `rate_cusum` | a share has changed ← counts of a minute | `RateCusum` | as `cusum` |
| `level_cusum` | a quantity has changed ← its mean of a minute | `LevelCusum` | as `cusum` |
| `seasonality` | expected events, a shortfall ← an instant | `Seasonality` | properties |
| `learning` | seasonality ← minutes; silence once events resume | `Seasonality` | random lives |
| `shapes` | properties per event name ← one event in `profile.shapes.sample` | – | recount |
| `schema_drift` | properties that vanished or changed type ← shapes | `Drift` | tables of cases |
| `detector` | how surprising, what was expected ← a point | `AnomalyState` | properties; NAB |
| `season` | what is usual at an hour ← points | in `AnomalyState` | as `detector` |
| `tail` | how rare, by the largest before ← a deviation | `Tail` | as `detector` |
| `episodes` | – | – | – |
| `metric_watch` | episodes opened, grown, closed ← points | `WatchState` | cases in its test |

Every constant that tunes one of them is a parameter with its unit and its source: `cusum_params`,
`seasonality_params`, `anomaly_params`, and in `season`, `tail`, `episodes` and `schema_drift`.
Settings: ``signals`` in ``config/stratum.yaml``.
"""
