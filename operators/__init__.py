"""Pure, incremental logic. It takes events and the current time as arguments, and returns values.

| concept | what it decides |
|---|---|
| `identity/` | Who is one person: normal forms of identifiers, components of links, cuts |
| `rules/` | The rule language: conditions, checks, references, windows, words |
| `aggregates/` | What leaves keep for definitions, and its values over time |
| `profiles/` | One person: folding events into leaves, composing leaves into a view |
| `rfm/` | Recency, frequency, monetary value: bounds and scores |
| `funnels/` | Funnels and their breakdowns |
| `segments/` | Compiled definitions: membership, explanations, previews, traits |
| `unify/` | The transaction: a batch and what is known → everything that it does |
| `detection/` | Change detectors: CUSUM, seasonality, schema drift, anomalies, episodes |
| `signals/` | Health of a signal: counters in, readings out |
| `erasure/` | Identifiers taken out of what stays when somebody is erased |
| `alerts/` | Alerting: what is seen at each look → notices about episodes |
| `gate/` | The trust gate: readings and people's commands → a decision |
| `privacy/` | Requests: what was approved, and whether a receipt holds |

Concepts of one file:

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `intake` | a dead letter → the record that drives it again | none | round trip |
| `export` | a person → a record of an export, and its columns | none | – |
| `audit` | links, audit rows → every row edited, removed or inserted | none | tampering |
| `activation` | rows wanted, rows there → removals, additions | none | applying them to a set |

The table of a concept's files is in its ``__init__``. `wiring` is the one adapter that puts a
machine on Bytewax.
"""
