"""The trust gate: readings and people's commands → a decision.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `memory` | readings → what is remembered of each signal | `GateState` | as `readings` |
| `readings` | that, newest readings and a proposed action → what they say of it | none | every short history; a model over random ones |
| `params` | – | – | – |
| `size` | what a push would change, and earlier pushes → what speaks against it | none | tables of cases |
| `decide` | that, the size of a push, quiet hours, and interventions → the decision | none | a model over random histories |
| `replay` | past decisions, readings and other thresholds → what would have differed | none | tables of cases |
"""  # noqa: E501 - a table
