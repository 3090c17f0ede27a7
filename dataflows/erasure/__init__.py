"""Finishes erasures: what is left to do once the engine has removed a person.

| file | what it does | steps |
|---|---|---|
| `rounds` | goes through everything that is due, in order | – |
| `neighbours` | takes what was erased out of others' events, and recomputes these | neighbours |
| `letters` | deletes dead letters that name somebody who was erased, now and later | dead_letters |
| `places` | makes sure that nothing is left in the cache and in files of exports | cache, exports |
| `log` | makes the embedded log forget what was processed | log |
| `stopping` | lets a step that takes long notice that its process ends | – |
| `lists` | watches the platforms confirm, then forgets what was sent | platforms, sent |

Each step may be broken off anywhere and be repeated; each takes many erasures at a time.
"""
