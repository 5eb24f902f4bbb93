"""Statistical process control: charts, rules, run lengths, capability. Pure functions on arrays, usable by themselves.

A *sample* holds what was observed, in time order. A *baseline* is what a chart remembers of the points that set its limits:
plain values that a store can keep. Baseline and sample give *panels*: plotted values with centre, limits and sigma per point.
Rules judge the z values of a panel, all at once or point by point with equal results; run lengths say beforehand how often
a rule set will cry wolf.

Not here: indicators, windows, time, and whether above is good or bad.
"""
