"""A streaming detector for hourly and finer series that follow the hours of the day and of the week.

`detector.py` judges one point after the other, each by what came before it, in constant time and memory, without a training step:
what is usual at the hour (`season.py`, `expectation.py`), how the point departs from it and from what was just before
(`departures.py`), how rare such a departure is here (`tail.py`), and whether it says anything new (`restraint.py`).
"""
