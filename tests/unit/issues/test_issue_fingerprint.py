"""Same trouble, which issue? Every decision with its reason."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issues.domain.fingerprint import Opening, decide, fingerprint_of
from services.issues.domain.issue import Issue, State
from tests.unit.issues.examples import NOW, POLICY, issue, occurrence

LAST_SUSTAINED = timedelta(days=90)


def closed(ago: timedelta, **changed: Any) -> Issue:
    return issue(State.CLOSED, ended_at=NOW - ago, **changed)


CASES = [
    ("nothing like it", None, occurrence(), Opening.OPEN),
    ("open, same anomaly", issue(), occurrence(), Opening.REFRESH),
    ("on hold, same anomaly", issue(State.ON_HOLD), occurrence(), Opening.REFRESH),
    ("open, another anomaly", issue(), occurrence("anomaly-2"), Opening.ADD_OCCURRENCE),
    ("closed a month ago", closed(timedelta(days=30)), occurrence("anomaly-2"), Opening.REOPEN),
    ("closed on the last day", closed(LAST_SUSTAINED), occurrence("anomaly-2"), Opening.REOPEN),
    ("closed before it", closed(LAST_SUSTAINED + timedelta(seconds=1)), occurrence("anomaly-2"), Opening.RECUR),
    ("rejected, another", issue(State.REJECTED, ended_at=NOW), occurrence("anomaly-2"), Opening.OPEN),
    ("cancelled, another", issue(State.CANCELLED, ended_at=NOW), occurrence("anomaly-2"), Opening.OPEN),
    ("rejected, the same goes on", issue(State.REJECTED, ended_at=NOW), occurrence(evidence_until=NOW + timedelta(days=7)), Opening.PASS),
    ("closed, the same of before", closed(timedelta(days=1)), occurrence(evidence_until=NOW - timedelta(days=2)), Opening.PASS),
    ("closed, the same goes on", closed(timedelta(days=1)), occurrence(evidence_until=NOW), Opening.REOPEN),
    ("closed, reported again", closed(timedelta(days=1)), occurrence("r-1", kind="report"), Opening.REOPEN),
]  # fmt: skip


@pytest.mark.parametrize(("newest", "seen", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_decisions(newest: Issue | None, seen: Any, expected: Opening) -> None:
    decision = decide(seen, newest, policy=POLICY, now=NOW)
    assert decision.opening is expected, decision.reason
    assert decision.issue is newest
    assert decision.reason


subjects = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4)


@given(subject=subjects)
def test_the_order_of_dimensions_makes_no_difference(subject: dict[str, str]) -> None:
    turned = dict(reversed(subject.items()))
    assert fingerprint_of("yield", subject, "below") == fingerprint_of("yield", turned, "below")


@given(subject=subjects, other=subjects)
def test_another_subject_is_another_fingerprint(subject: dict[str, str], other: dict[str, str]) -> None:
    same = fingerprint_of("yield", subject, "below") == fingerprint_of("yield", other, "below")
    assert same == (subject == other)


def test_indicator_and_harmful_direction_belong_to_it() -> None:
    texts = {
        fingerprint_of(name, {"line": "A"}, side) for name in ("yield", "delay", None) for side in ("below", "above")
    }
    assert len(texts) == 6
