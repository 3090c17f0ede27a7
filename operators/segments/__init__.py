"""Compiled definitions: membership, explanations, previews, traits.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `traits` | a person → their computed traits at an instant | none | `oracle.rules` |
| `nodes` | a compiled node of a rule, and the subject that it is asked about | none | – |
| `predicates` | a subject → whether a thing holds, until when, its value | none | `oracle.rules` |
| `combine` | answers → the answer of all, of any, of the opposite | none | `oracle.rules` |
| `compile_rules` | a rule → its node: (holds, until when that is sure) | none | `oracle.rules` |
| `touches` | an event → what it adds to which aggregates | in leaves | `oracle.rules`, simulated |
| `inputs` | a rule → what its answer depends on | none | `oracle.rules`, simulated |
| `program` | what an event touches, which segments to look at | none | `oracle.rules`, simulated |
| `compile_definitions` | definitions → their `Program`; what fails rests | none | as `program` |
| `membership` | a person, what was touched → segments changed | in the person | `oracle.standing` |
| `explain` | a rule, a person → all answers, next flip | none | `oracle.rules`, `oracle.flips` |
| `citations` | a node, stored events → its evidence, each until when | none | `oracle.windows` |
| `node_counts` | people → how many each node holds for | the counts | the nodes' own answers |
| `draft` | a rule that is not live → its program, a tally | a tally | publishing it, in its test |
| `sampling` | what a sample found → an estimate with its interval | none | properties |
"""
