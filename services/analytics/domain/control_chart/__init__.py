"""The control chart of one series of KPI values: points, limits of each phase, and what the run rules say.

`drawing.py` is the way in; `chart.py` says what comes out. The statistics are those of `spc`; here they meet windows, statuses,
rebases and the direction of an indicator.

Not here: anomalies (a chart shows signals, a rule decides what follows), pictures, storage.
"""
