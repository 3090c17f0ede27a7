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
| `membership` | a person → segments | none | `oracle.verification` |
| `observe` | a batch → additive counters | none | recount in its test |
| `unify` | a batch and what is known → everything that it does | none | `oracle`, by simulation |
| `changes` | the values between `unify` and the store | – | – |
| `crossing` | people and a cut through their identifiers → the links to ban | none | tables of cases |
| `redrive` | a dead letter → the record that drives it again | none | round trip |
| `window` | minute counters → a rolling window | the window's minutes | sum over all rows |
| `health` | a window and an instant → a reading | rolling baseline | properties |
| `health_params` | – | – | – |
| `watch` | a signal's minutes → its readings, where they are worth one | `HealthState` | `health` over all rows |
| `gate` | readings and a proposed action → a decision | `GateState` | random histories |
| `funnel` | occurrences of ordered steps → everybody's best attempt, and its figures | none | trying every choice, in its test |
| `breakdown` | people's values → the most common ones, all others, nobody's | none | properties in the test of `funnel` |
| `rfm` | a buyer's figures and the population's bounds → scores and the named segment | none | counting, in its test |
| `rfm_population` | buyers → quintile bounds, people per named segment | buyers up to a limit, then sketches | a sort, in its test |
| `draft` | a rule that is not live → its program, and a tally of people under it | the tally | publishing it, in its test |
| `sampling` | what a sample found → an estimate with its interval | none | properties |
| `net_change` | wanted rows and rows at a platform → removals and additions | none | applying them to a set |

`wiring` is the one adapter that puts a machine on Bytewax.
"""
