"""What is measured of the quality of data, against what was sent: each event once, however it was repeated."""

import json
from collections import Counter
from collections.abc import Iterator

from simulation.checks.stored import Expectation, subject_of
from simulation.plant import LATE_SOURCE


def check_quality(expected: Expectation) -> Iterator[str]:
    """Of each source all that was refused and all that was counted, and nothing twice.

    An event that was revised before it came never counts as one that came, so it may be missing here; the events of a source that was
    not registered yet are nobody's refused events.
    """
    ledger = expected.ledger
    wrong = Counter(str(json.loads(original)["source"]) for original in ledger.wrong)
    facts = Counter(source for source, _ in ledger.facts)
    revised = Counter(source for source, _ in ledger.revisions)
    refused, received = _sums(expected, "andon-rejection-rate")
    _, timed = _sums(expected, "andon-timeliness")
    for source in sorted({*wrong, *facts, *received}):
        least_refused = 0 if source == LATE_SOURCE else wrong[source]
        least = facts[source] - revised[source]
        for what, count, bounds in (
            ("refused", refused[source], (least_refused, wrong[source])),
            ("accepted", received[source] - refused[source], (least, facts[source])),
            ("timed", timed[source], (least, facts[source])),
        ):
            if not bounds[0] <= count <= bounds[1]:
                yield f"quality: {count} events of {source} count as {what}, and must be within {bounds}"


def _sums(expected: Expectation, indicator: str) -> tuple[Counter[str], Counter[str]]:
    """Source → numerator and denominator over all windows."""
    above: Counter[str] = Counter()
    below: Counter[str] = Counter()
    for row in expected.fleet.databases["analytics"].rows("SELECT * FROM kpi_values"):
        if row["indicator"] == indicator:
            source = dict(subject_of(row["subject"]))["source"]
            above[source] += int(row["numerator"])
            below[source] += int(row["denominator"])
    return above, below
