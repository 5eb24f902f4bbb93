"""Readings in, KPI values and anomalies out.

Owns indicators, calendars, panes, KPI values, rules and anomalies. Consumes `readings`, its own `pane-deltas`,
`reading-types`, `goal-changes` and `issue-changes`; publishes `pane-deltas`, `kpi-values`, `anomalies` and `definitions`.

Two stages, two consumers: *fold* drops event ids it has counted and reduces readings to deltas per indicator, subject and
pane; *evaluate* merges deltas into panes, recomputes the windows touched, judges the rules and publishes what changed.
"""
