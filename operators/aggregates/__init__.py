"""What leaves keep for definitions, and its values over time.

| file | what leaves when what enters | state | oracle |
|---|---|---|---|
| `bounded` | a map → its bounded part, whatever the order of arrival | none | sorting all keys |
| `plan` | definitions → the aggregates that leaves keep for them, each once | none | – |
| `numbers` | numbers → millionths, and their summaries | none | `oracle.measures` |
| `join` | states of two leaves → one | `domain.segments.aggregate` | `oracle.measures` |
| `fold` | events into states that leaves keep for definitions | `domain.segments.aggregate` | `oracle.measures` |
| `distinct` | values → how many different ones: exact to a bound, then estimated | `domain.segments.aggregate.Uniques` | `oracle.measures` |
| `series` | a state and an instant → its value from now on, step by step as windows lose buckets | none | `oracle.measures` |
| `series_tests` | a series and a condition → whether it holds, and when that changes | none | `oracle.flips` |
| `sequences` | marks of events → when a sequence completed, whether it holds, and until when | none | `oracle.sequences` |
"""  # noqa: E501 - a table
