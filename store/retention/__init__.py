"""Retention: what workspaces say about how long they keep what, and what is older.

| file | what it does |
|---|---|
| `params` | how it is paced |
| `policies` | reads and replaces a workspace's policy |
| `due` | what of each class is older than an instant: to count it, and to remove it |
| `runs` | runs: one per class and day, a batch at a time, on record |
| `people` | inactive people: batches of them are asked to be erased |
| `told` | what of each class is kept, and what a policy would remove |
"""
