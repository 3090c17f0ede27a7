"""Words of privacy.

| file | what it names |
|---|---|
| `access` | how far the archive of an access request is, and why it is no more |
| `erasure` | what a request asks for, the steps to its end, what is remembered of the erased |
| `receipt` | the receipt of an erasure, and the audit entries that it rests on |
| `data_map/` | every place where anything rests, and what of it is personal |
"""
