"""What leaves keep for definitions, and its values over time.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `bounded` | a map → its bounded part, whatever the order of arrival | none | sorting all keys |
| `plan` | definitions → the aggregates that leaves keep for them, each once | none | – |
| `numbers` | numbers → millionths, and their summaries | none | `oracle.measures` |
| `join` | states of two leaves → one | `domain.segments.aggregate` | `oracle.measures` |
| `fold` | events into states that leaves keep | `domain.segments.aggregate` | `oracle.measures` |
| `distinct` | values → how many differ, exact to a bound | `Uniques` | `oracle.measures` |
| `series` | a state and an instant → its value as windows lose buckets | none | `oracle.measures` |
| `series_tests` | a series, a condition → whether it holds, until when | none | `oracle.flips` |
| `sequences` | marks of events → when a sequence completed, its end | none | `oracle.sequences` |
"""
