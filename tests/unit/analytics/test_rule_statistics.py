"""What changes of issues say about rules, and which issue holds an anomaly after any merges heard of in any order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.rule_statistics import RuleStatistics, verdict_of
from services.analytics.ports.following import FollowedIssue, FollowUnitOfWork
from services.analytics.use_cases.follow_issue import FollowIssue, FollowIssues
from shared.runtime.progress import Delivery, PassedOver

VERDICTS = [
    ("issue.detected", None, "undecided"),
    ("issue.classified", None, "confirmed"),
    ("issue.rejected", "false_signal", "rejected_as_false"),
    ("issue.rejected", "not_a_requirement", "rejected_as_false"),
    ("issue.rejected", "data_error", "data_error"),
    ("issue.cancelled", "out_of_scope", None),
    ("issue.reopened", None, None),
    ("verdict.confirmed", None, None),
]


@pytest.mark.parametrize(("change", "reason", "wanted"), VERDICTS)
def test_what_a_change_says(change: str, reason: str | None, wanted: str | None) -> None:
    assert verdict_of(change, reason) == wanted


def test_the_share_of_false_alarms_is_of_what_was_judged() -> None:
    found = RuleStatistics({"open": 1, "cleared": 5, "withdrawn": 2}, {"confirmed": 3, "rejected_as_false": 1})
    assert (found.raised, found.issue_count, found.false_alarm_share) == (8, 4, 0.25)
    assert RuleStatistics({"open": 1}, {"undecided": 4, "data_error": 2}).false_alarm_share is None


@dataclass
class Followed:
    """Followed issues in memory, and a unit of work around them."""

    known: dict[str, FollowedIssue] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    accepted: set[Delivery] = field(default_factory=set)

    @property
    def issues(self) -> "Followed":
        return self

    def lock(self) -> None: ...

    def get(self, issue_id: str) -> FollowedIssue | None:
        return self.known.get(issue_id)

    def save(self, issue: FollowedIssue) -> None:
        self.known[issue.id] = issue

    def add_anomaly(self, issue_id: str, *, anomaly_id: str, rule: str) -> None:
        self.held.add((issue_id, f"{anomaly_id} of {rule}"))

    def move_anomalies(self, from_issue: str, to_issue: str) -> None:
        self.held = {(to_issue if holder == from_issue else holder, held) for holder, held in self.held}

    def accept(self, consumer: str, delivery: Delivery) -> bool:
        del consumer
        is_new = delivery not in self.accepted
        self.accepted.add(delivery)
        return is_new

    def commit(self) -> None: ...

    def __enter__(self) -> "Followed":
        return self

    def __exit__(self, *of_error: object) -> None: ...


def follow(followed: Followed, commands: Sequence[FollowIssue | PassedOver]) -> None:
    FollowIssues(lambda: cast("FollowUnitOfWork", followed), "test")(commands, [])


def heard(issue: str, sequence: int, **facts: Any) -> FollowIssue:
    nothing: dict[str, Any] = {"verdict": None, "anomaly_id": None, "rule": None, "merged_from": None}
    return FollowIssue(issue_id=issue, delivery=Delivery("issues", issue, 0, sequence), **(nothing | facts))


@given(seed=st.integers(0, 2**32), targets=st.lists(st.integers(0, 100), min_size=1, max_size=6))
def test_merges_may_be_heard_of_in_any_order(seed: int, targets: list[int]) -> None:
    """Issue n is merged into a later one; each issue's own changes stay in order, those of several issues are mixed."""
    names = [f"I{number}" for number in range(len(targets) + 1)]
    stories: dict[str, list[FollowIssue]] = {
        name: [heard(name, 1, verdict="undecided", anomaly_id=f"a{name}", rule="r")] for name in names
    }
    final = dict(zip(names, names, strict=True))
    for number, choice in enumerate(targets):
        target = names[number + 1 + choice % (len(names) - number - 1)]
        stories[target].append(heard(target, len(stories[target]) + 1, merged_from=names[number]))
        final = {name: target if holder == names[number] else holder for name, holder in final.items()}
    order, followed = random.Random(seed), Followed()
    while any(stories.values()):
        follow(followed, [stories[order.choice([name for name, left in stories.items() if left])].pop(0)])
    assert followed.held == {(holder, f"a{name} of r") for name, holder in final.items()}


def test_what_was_heard_before_changes_nothing() -> None:
    followed = Followed()
    detected, classified = heard("I1", 1, verdict="undecided"), heard("I1", 2, verdict="confirmed")
    follow(followed, [detected, classified, detected, PassedOver(None)])
    assert followed.known["I1"].verdict == "confirmed"


def test_a_verdict_outlasts_what_says_nothing_new() -> None:
    followed = Followed()
    follow(followed, [heard("I1", 1, verdict="confirmed"), heard("I1", 2, anomaly_id="a", rule="r")])
    assert followed.known["I1"] == FollowedIssue("I1", "confirmed")
