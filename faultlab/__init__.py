"""The fault lab: simulated traffic with labelled faults through the real code, and its score.

rhythm        when a source sends                          profiles      who sends: sources, a
platform, conversions records       raw records, decoded once, stamped often     people        who
and what was seen before traffic       a source's batches                           deliveries    a
platform's answers disturbance   what can happen, as a value                  changes       what
happens to a record faults        the table of faults and of normal things engine        THE adapter
to health and gate               world         traffic and engine on one clock histories     calm
stretches and what forks from them      corpus        all of them, over processes scoring
looks → scores                               report        scores → rows, figures, JSON picture
scores → SVG

Nothing here is part of the running product; `stratum faults` is its only user.
"""
