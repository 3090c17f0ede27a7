"""Change detectors: CUSUM, seasonality, schema drift, anomalies, episodes.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `cusum` | a minute's counts against what is usual → evidence that they have changed | `Share`, `Level` | closed cases, properties |
| `seasonality` | minutes → what usually comes at this hour of the week, and whether too little does | `Rhythm` | properties |
| `shapes`, `schema_drift` | every fourth event → properties per event name; those that vanished or changed type | `Drift` | tables of cases |
| `learning` | minutes → the rhythm learned; silence once events come again | `Rhythm` | random lives of sources |
| `detector` | a point of a series → how surprising it is, what was expected | `AnomalyState` | properties; NAB |
| `season` | points → what is usual at an hour of a day | in `AnomalyState` | as `detection.detector` |
| `tail` | a deviation → how rare it is, by the largest before | `Tail` | as `detection.detector` |
| `episodes` | a metric's points → episodes opened, grown, closed | `WatchState` | cases in its test |
"""  # noqa: E501 - a table
