"""Pure, incremental logic: one idea per file. It is told what happened and what time it is, and answers with values.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `identifiers` | a client's spelling → the one normal form, or nothing | none | tables of cases |
| `partition` | link facts → people, and a verdict on every fact | none | `oracle.identity` |
| `resolve` | a batch's link facts → the people they make | none between batches | `partition` over all facts |
| `fold` | an event into a leaf | `domain.leaf.Leaf` | `oracle.view` |
| `compose` | leaves → one view | none | folding all their events into one |
| `sessions` | activity into disjoint intervals | the intervals | closure of closeness, in its test |
| `bounded` | a map → its bounded part, whatever the order of arrival | none | sorting all keys |
| `lifecycle` | a person and an instant → stage, and when it changes next | none | `oracle.view` |
| `consent` | a person → what they consented to | none | `oracle.rules` |
| `conditions` | conditions and event filters → functions of one value, of one event's properties | none | `oracle.conditions` |
| `rule_checks` | a rule → every problem beyond its shape, with its path | none | tables of cases |
| `references` | a rule and what is live → what it refers to in vain, circles, who depends on what changed | none | tables of cases |
| `plan` | definitions → the aggregates that leaves keep for them, each once | none | – |
| `windows` | an instant → its bucket, and when that leaves a window; text → instant | none | `oracle.windows` |
| `aggregates` | events into states that leaves keep for definitions; states of leaves into one | `domain.aggregate` | `oracle.measures` |
| `distinct` | values → how many different ones: exact to a bound, then estimated | `domain.aggregate.Uniques` | `oracle.measures` |
| `series` | a state and an instant → its value from now on, step by step as windows lose buckets | none | `oracle.measures` |
| `series_tests` | a series and a condition → whether it holds, and when that changes | none | `oracle.flips` |
| `sequences` | marks of events → when a sequence completed, whether it holds, and until when | none | `oracle.sequences` |
| `computed` | a person → their computed traits at an instant | none | `oracle.rules` |
| `compile_rules` | a rule → a function: (holds, until when that is sure) | none | `oracle.rules` |
| `program` | compiled definitions: which aggregates an event touches, which segments to look at | none | `oracle.rules`, by simulation |
| `compile_definitions` | everything live in a workspace → its `Program`; what cannot be compiled rests | none | as `program` |
| `catch_up` | stored events → the aggregates that a person lacks | `Person.built` | `oracle.verification`, by simulation |
| `membership` | a person and what was touched → segments entered and left, next instant of change | in the person | `oracle.standing` |
| `explain` | a compiled rule and a person → every node's answer and value, the next flip | none | `oracle.rules`, `oracle.flips` |
| `describe` | a node → words | none | – |
| `citing` | a node and stored events → those that it rests on, and until when each counts | none | `oracle.windows` |
| `observe` | a batch → additive counters | none | recount in its test |
| `unify` | a batch and what is known → everything that it does | none | `oracle`, by simulation |
| `changes` | the values between `unify` and the store | – | – |
| `crossing` | people and a cut through their identifiers → the links to ban | none | tables of cases |
| `redrive` | a dead letter → the record that drives it again | none | round trip |
| `window` | minute counters → a rolling window | the window's minutes | sum over all rows |
| `sequential` | a minute's counts against what is usual → evidence that they have changed | `Share`, `Level` | closed cases, properties |
| `rhythm` | minutes → what usually comes at this hour of the week, and whether too little does | `Rhythm` | properties |
| `shapes`, `drift` | every fourth event → properties per event name; those that vanished or changed type | `Drift` | tables of cases |
| `rhythm_learning` | minutes → the rhythm learned; silence once events come again | `Rhythm` | random lives of sources |
| `memory` | settled minutes → all that is usual of one signal | `Memory` | restored equals uninterrupted |
| `match_quality` | an event's identifiers → how well platforms could match it, and what another one would gain | none | tables of cases |
| `source_health`, `platform_health` | a window and what is usual → components of health | none | properties; the fault lab |
| `scores` | findings → scores of components | none | properties |
| `health` | components → a reading | none | properties |
| `health_params` | – | – | – |
| `ratchet` | a reading of a silent source → one no better than those since its last event | – | random lives of sources |
| `watch` | a signal's minutes → its readings, where they are worth one | `Memory` | `health` over all rows |
| `outlook` | past readings → a trend, and when a threshold is crossed | none | tables of cases |
| `watched_series` | a signal's minutes → points of the series that anomalies are looked for in | in `Memory` | as `episodes` |
| `anomaly` | a point of a series → how surprising it is, what was expected | `AnomalyState` | properties; NAB |
| `anomaly_season` | points → what is usual at an hour of a day | in `AnomalyState` | as `anomaly` |
| `anomaly_tail` | a deviation → how rare it is, by the largest before | `Tail` | as `anomaly` |
| `episodes` | a metric's points → episodes opened, grown, closed | `WatchState` | cases in its test |
| `gate` | readings and a proposed action → what they say of it | `GateState` | every short history; a model over random ones |
| `gate_params` | – | – | – |
| `gate_control` | that, the size of a push, quiet hours, and what people have said → the decision | none | a model over random histories |
| `rejudge` | past decisions, readings and other thresholds → what would have differed | none | tables of cases |
| `alerting` | what is not as it should be, at each look → notices about episodes | `AlertState` | properties of random looks |
| `funnel` | occurrences of ordered steps → everybody's best attempt, and its figures | none | trying every choice, in its test |
| `breakdown` | people's values → the most common ones, all others, nobody's | none | properties in the test of `funnel` |
| `rfm` | a buyer's figures and the population's bounds → scores and the named segment | none | counting, in its test |
| `rfm_reading` | a person's purchases and bounds → their scores, and until when they are sure | none | `oracle.rules` |
| `rfm_population` | buyers → quintile bounds, people per named segment | buyers up to a limit, then sketches | a sort, in its test |
| `export_columns` | a person → a record of an export, and its columns | none | – |
| `draft` | a rule that is not live → its program, and a tally of people under it | the tally | publishing it, in its test |
| `sampling` | what a sample found → an estimate with its interval | none | properties |
| `audit_chain` | links and audit rows → every row that was edited, removed or inserted | none | tampering, in its test |
| `net_change` | wanted rows and rows at a platform → removals and additions | none | applying them to a set |

`wiring` is the one adapter that puts a machine on Bytewax.
"""
