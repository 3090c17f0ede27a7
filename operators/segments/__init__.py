"""Compiled definitions: membership, explanations, previews, traits.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `traits` | a person → their computed traits at an instant | none | `oracle.rules` |
| `nodes` | a compiled node of a rule, and the subject that it is asked about | none | – |
| `predicates` | a subject → whether one thing holds of it, until when that is sure, and the value tested | none | `oracle.rules` |
| `combine` | answers → the answer of all, of any, of the opposite | none | `oracle.rules` |
| `compile_rules` | a rule → its node: (holds, until when that is sure) | none | `oracle.rules` |
| `touches` | an event → what it adds to which aggregates | in leaves | `oracle.rules`, by simulation |
| `inputs` | a rule → what its answer depends on | none | `oracle.rules`, by simulation |
| `program` | compiled definitions: which aggregates an event touches, which segments to look at | none | `oracle.rules`, by simulation |
| `compile_definitions` | everything live in a workspace → its `Program`; what cannot be compiled rests | none | as `segments.program` |
| `membership` | a person and what was touched → segments entered and left, next instant of change | in the person | `oracle.standing` |
| `explain` | a compiled rule and a person → every node's answer and value, the next flip | none | `oracle.rules`, `oracle.flips` |
| `citations` | a node and stored events → those that are its evidence, and until when each counts | none | `oracle.windows` |
| `node_counts` | people under a compiled rule → how many each node holds for | the counts | the nodes' own answers |
| `draft` | a rule that is not live → its program, and a tally of people under it | the tally | publishing it, in its test |
| `sampling` | what a sample found → an estimate with its interval | none | properties |
"""  # noqa: E501 - a table
