"""The trust gate: readings and people's commands → a decision.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `memory` | readings → what is remembered of each signal | `GateState` | as `readings` |
| `readings` | newest readings, an action → what they say | none | every short history; a model |
| `params` | – | – | – |
| `size` | a push, and earlier ones → what speaks against its size | none | tables of cases |
| `decide` | that, size, hours, interventions → the decision | none | a model, random histories |
| `replay` | past decisions, other thresholds → what would have differed | none | tables of cases |
"""
