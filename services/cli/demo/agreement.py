"""Andon's figures beside the recomputed ones: what was compared, and every difference."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.demo.expectation import Attained, Episode, Expectation
from services.cli.demo.expected_values import Subject
from services.cli.demo.observation import Observation, span_of, subject_of
from services.cli.demo.sending import Planned, Sent

_FINAL = ("final", "restated")


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of figure. `differences` has a sentence for each figure that is not as recomputed."""

    what: str
    compared: int
    differences: Sequence[str]


def compare(observed: Observation, expected: Expectation) -> Iterator[Check]:
    """Compare everything that is known after the events."""
    for indicator in sorted({name for name, _ in expected.values}):
        yield _check(f"KPI values of {indicator}", _expected_values(expected, indicator), _values(observed, indicator))
    yield _check("anomalies", dict.fromkeys(expected.episodes, "found"), dict.fromkeys(_episodes(observed), "found"))
    yield _check("issues and their occurrences", expected.issues, _occurrences(observed))
    yield _check("attainment of goals", expected.attained, _attained(observed))


def compare_sending(sent: Sent, planned: Planned) -> Check:
    """Whether as many events were accepted as are sound, and each broken one quarantined for its own reason."""
    wanted = {"accepted": planned.sound, **planned.broken}
    return _check("events accepted and quarantined", wanted, {"accepted": sent.accepted, **sent.quarantined})


def _check(what: str, wanted: Mapping[Any, Hashable], found: Mapping[Any, Hashable]) -> Check:
    differences = [
        f"{key}: {found.get(key, 'missing')}, recomputed {wanted.get(key, 'nothing')}"
        for key in [*wanted, *(key for key in found if key not in wanted)]
        if found.get(key) != wanted.get(key)
    ]
    return Check(what, len(wanted), differences)


def _expected_values(expected: Expectation, indicator: str) -> dict[Hashable, Hashable]:
    return {
        (subject, span): (value.value, value.numerator, value.denominator, value.readings, value.judged, "final")
        for (name, subject), series in expected.values.items()
        if name == indicator
        for span, value in series.items()
    }


def _values(observed: Observation, indicator: str) -> dict[Hashable, Hashable]:
    return {
        (subject_of(item), span_of(item["window"])): (
            item["value"],
            item["numerator"],
            item["denominator"],
            item["sample_size"],
            item["judgement"] == "judged",
            "final" if item["status"] in _FINAL else item["status"],
        )
        for item in observed.values[indicator]
    }


def _episodes(observed: Observation) -> Iterator[Episode]:
    for item in observed.anomalies:
        goal = observed.goal_names.get(item["goal_id"] or "")
        cleared = item["cleared_window"]
        yield Episode(
            rule=item["rule"] if goal is None else f"goal {goal}",
            indicator=item["indicator"],
            subject=subject_of(item),
            raised=span_of(item["raised_window"]),
            cleared=None if cleared is None else span_of(cleared),
        )


def _occurrences(observed: Observation) -> dict[tuple[str, Subject], int]:
    """Occurrences of each issue that stand; those that were withdrawn are told apart and not expected."""
    found = Counter({(issue["indicator"], subject_of(issue)): issue["occurrences"] for issue in observed.issues})
    found.subtract((anomaly["indicator"], subject_of(anomaly)) for anomaly in observed.withdrawn)
    return {key: occurrences for key, occurrences in found.items() if occurrences}


def _attained(observed: Observation) -> dict[str, Attained]:
    return {
        item["goal"]: Attained(item["numerator"], item["denominator"], item["is_met"]) for item in observed.attainment
    }
