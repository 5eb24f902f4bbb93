"""What analytics counts, and how its indicators stand."""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import Gauge

from services.analytics.domain.rule_statistics import RuleStatistics
from services.analytics.domain.standing import Standing
from shared.telemetry.metrics import MetricFactory

_SEVERITIES = ("minor", "moderate", "major", "critical")
_SUBJECT = ("indicator", "subject")
_RULE = (*_SUBJECT, "rule")
_RULE_VERDICT = ("rule", "verdict")
_MOST_SOURCES = 100
_MOST_RULES = 100


class AnalyticsMetrics:
    """Metrics of one instance of analytics."""

    def __init__(self, make: MetricFactory) -> None:
        self._fold_seconds = make.seconds("fold", "Time of one transaction of stage one.", ["outcome"])
        self._blocks = make.counter("blocks", "Blocks of readings folded.")
        self._readings = make.counter("readings", "Readings that came in blocks, by what became of them.", ["outcome"])
        self._revisions = make.counter("revisions", "Corrections and retractions, by what became of them.", ["outcome"])
        self._deltas = make.counter("deltas", "Deltas that readings were reduced to.")
        self._not_counted = make.counter(
            "batches_not_counted", "Batches that an indicator could not count for lack of a column.", ["indicator"]
        )
        self._seconds = make.seconds("evaluate", "Time of one transaction of stage two.", ["outcome"])
        self._values = make.counter("kpi_values", "KPI values computed, by status.", ["status"])
        self._anomalies = make.counter("anomaly_changes", "Changes of anomalies, by kind.", ["change"])
        self._superseded = make.counter(
            "superseded_deltas", "Deltas of an indicator version that is no longer in force; they are left out."
        )
        self._open = make.gauge("anomalies_open", "Open anomalies, by severity.", ["severity"])
        self._outbox_age = make.gauge("outbox_oldest_age_seconds", "Age of the oldest record not yet on the log.")
        self._watermark = _Set(
            make.gauge("watermark_age_seconds", "How far a source lies behind the clock.", ["source"])
        )
        self._value = _Set(make.gauge("kpi_value", "Newest final value of an indicator and subject.", _SUBJECT))
        self._target = _Set(make.gauge("kpi_target", "Target of a rule for an indicator and subject.", _RULE))
        self._breached = _Set(make.gauge("kpi_breached", "1 while the rule's anomaly on the subject is open.", _RULE))
        self._dropped = _Set(
            make.gauge(
                "kpi_series_dropped",
                "Subjects left out of the gauges, to bound their number; counted to 20,000.",
                ["indicator"],
            )
        )
        self._rules = _Set(make.gauge("rule_anomalies", "Anomalies of a rule, by state.", ["rule", "state"]))
        self._verdicts = _Set(
            make.gauge(
                "rule_issues", "Issues that hold anomalies of a rule, by what people made of them.", _RULE_VERDICT
            )
        )
        self._rules_dropped = make.gauge("rules_dropped", "Rules left out of the gauges, to bound their number.")
        for severity in _SEVERITIES:
            self._open.labels(severity).set(0)

    def fold_took(self, seconds: float, *, outcome: str) -> None:
        """One transaction of stage one: `ok` or `failed`."""
        self._fold_seconds.labels(outcome).observe(seconds)

    def read_blocks(self, count: int) -> None:
        """Blocks of one transaction of stage one that was kept."""
        self._blocks.inc(count)

    def folded(self, *, readings: int, duplicates: int, deltas: int) -> None:
        """One transaction of stage one that was kept; `readings` without the duplicates."""
        self._readings.labels("folded").inc(readings)
        self._readings.labels("duplicate").inc(duplicates)
        self._deltas.inc(deltas)

    def revised(self, *, applied: int, superseded: int) -> None:
        """Corrections and retractions of one transaction that was kept."""
        self._revisions.labels("applied").inc(applied)
        self._revisions.labels("superseded").inc(superseded)

    def not_counted(self, missing: Mapping[str, Sequence[str]]) -> None:
        """Indicator → columns that a batch of its readings lacked."""
        for indicator in missing:
            self._not_counted.labels(indicator).inc()

    def evaluated(self, seconds: float, *, outcome: str) -> None:
        """One transaction of stage two: `ok` or `failed`."""
        self._seconds.labels(outcome).observe(seconds)

    def worked(self, *, values: Mapping[str, int], anomalies: Mapping[str, int], superseded: int) -> None:
        """What a transaction that was kept has brought about."""
        for status, count in values.items():
            self._values.labels(status).inc(count)
        for change, count in anomalies.items():
            self._anomalies.labels(change).inc(count)
        self._superseded.inc(superseded)

    def outbox(self, oldest_age_seconds: float) -> None:
        self._outbox_age.set(oldest_age_seconds)

    def stands(self, standing: Standing) -> None:
        """Show this and nothing else."""
        subjects = [
            ((found.newest.key.indicator, found.newest.key.subject), found.newest.value, found.targets)
            for found in standing.subjects
        ]
        self._value.show((labels, value) for labels, value, _ in subjects if value is not None)
        rules = [((*labels, rule.rule), rule) for labels, _, targets in subjects for rule in targets]
        self._target.show((labels, rule.target) for labels, rule in rules)
        self._breached.show((labels, float(rule.is_breached)) for labels, rule in rules)
        self._dropped.show(((indicator,), float(count)) for indicator, count in standing.left_out.items())
        worst = sorted(standing.watermark_ages.items(), key=lambda found: found[1], reverse=True)[:_MOST_SOURCES]
        self._watermark.show(((source,), age.total_seconds()) for source, age in worst)
        for severity in _SEVERITIES:
            self._open.labels(severity).set(standing.open_anomalies.get(severity, 0))
        self._show_rules(standing.rules)

    def _show_rules(self, rules: Mapping[str, RuleStatistics]) -> None:
        """Those that raise most: a bad rule is among them."""
        busiest = sorted(rules.items(), key=lambda found: (-found[1].raised, found[0]))[:_MOST_RULES]
        self._rules.show(((name, state), count) for name, rule in busiest for state, count in rule.anomalies.items())
        self._verdicts.show(
            ((name, verdict), count) for name, rule in busiest for verdict, count in rule.issues.items()
        )
        self._rules_dropped.set(len(rules) - len(busiest))


class _Set:
    """A gauge whose label values come and go; those that are not shown again are taken away."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._shown: set[tuple[str, ...]] = set()

    def show(self, values: Iterable[tuple[tuple[str, ...], float]]) -> None:
        shown: set[tuple[str, ...]] = set()
        for labels, value in values:
            self._gauge.labels(*labels).set(value)
            shown.add(labels)
        for labels in self._shown - shown:
            self._gauge.remove(*labels)
        self._shown = shown
