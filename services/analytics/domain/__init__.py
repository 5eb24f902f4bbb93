"""What indicators, panes, windows, rules and anomalies are: pure functions and frozen values, polars where it is columns."""
