"""Statistical process control: charts, rules, run lengths, capability. Pure functions on arrays, usable by themselves.

A *sample* holds what was observed, in time order. A *baseline* is what a chart remembers of the points that set its limits:
plain values that a store can keep. Baseline and sample give *panels*: plotted values with centre, limits and sigma per point.
Rules judge the z values of a panel, all at once or point by point with equal results; run lengths say beforehand how often
a rule set will cry wolf.

| to … | file |
|---|---|
| take observations in | `samples.py`; a wrong one is refused by `arguments.py` |
| estimate limits and draw | `variable_charts.py`, `attribute_charts.py`, `exact_limits.py`, `rare_event_charts.py`; phases and learning: `phases.py` |
| judge by rules | `rule_catalogue.py` (names), `run_rules.py` (machines), `judging.py` (sets of them, streaming and batch) |
| sum and average over time | `cusum.py`, `ewma.py` |
| say what a design costs and finds | `rule_run_lengths.py`, `cusum_run_lengths.py`, `count_cusum_run_lengths.py`, `ewma_run_lengths.py`, `individuals_run_length.py` |
| choose a chart, judge a target or a specification | `chart_choice.py`, `assurance.py`, `capability.py` |

Not here: indicators, windows, time, and whether above is good or bad.
"""
