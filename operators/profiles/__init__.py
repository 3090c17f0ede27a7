"""One person: folding events into leaves, composing leaves into a view.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `fold` | an event into a leaf | `domain.profiles.leaf.Leaf` | `oracle.view` |
| `compose` | leaves → one view | none | folding all their events into one |
| `sessions` | activity into disjoint intervals | the intervals | closeness, in its test |
| `lifecycle` | a person and an instant → stage, and when it changes next | none | `oracle.view` |
| `consent` | a person → what they consented to | none | `oracle.rules` |
| `consent_history` | statements → changes of state, and which one counts | none | folding them |
"""
