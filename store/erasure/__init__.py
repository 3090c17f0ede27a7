"""What finishes an erasure once the engine has removed the person, as the tables have it.

| file | what it reads and writes |
|---|---|
| `params` | how the steps are paced |
| `progress` | open erasures: seen, a step noted, completed |
| `suppressed` | which identifiers and messages were erased |
| `neighbours` | stored events of others that name an erased identifier |
| `letters` | dead letters, and up to which one they were looked at |
| `files` | exports that may still hold an erased person |
| `recipients` | audiences that have to forget, and have |
| `sent` | what requests and changes of segments still say about an erased person |

Every function is one transaction or part of its caller's; each can be repeated.
"""
