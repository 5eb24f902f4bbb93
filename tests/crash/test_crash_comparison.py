"""The comparison notices what it is there for: lost, doubled, a second issue, an orphan. Otherwise a good run would mean nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crash.comparison import Result, Value, ValueKey, compare
from crash.plant import YIELD
from crash.reference import Sent, expected
from crash.stream import Event, Stream, corrected, is_wrong

DAYS = 90


def sent(seed: int = 3, days: int = DAYS) -> Sent:
    stream, found = Stream(seed), Sent()
    for batch in stream.batches():
        if batch.day == days:
            return found
        found.add([*batch.events, *batch.raw])
        stream.acknowledge(batch)
    raise AssertionError("the stream ended")


@pytest.fixture(scope="module")
def wanted() -> Result:
    return expected(sent(), ["2000"])


def test_a_result_equals_itself(wanted: Result) -> None:
    assert compare(wanted, wanted).is_none
    assert wanted.values
    assert wanted.episodes
    assert wanted.issues
    assert wanted.quarantine


@pytest.mark.parametrize(("by", "lost", "doubled"), [(-1, 1, 0), (1, 0, 1)])
def test_a_reading_lost_or_doubled_is_counted(wanted: Result, by: int, lost: int, doubled: int) -> None:
    key, value = next(iter(wanted.values.items()))
    other = {**wanted.values, key: value._replace(sample_size=value.sample_size + by)}
    found = compare(replace(wanted, values=other), wanted)
    assert (found.lost, found.doubled, len(found.sentences)) == (lost, doubled, 1)


def without_a_value(result: Result) -> Result:
    return replace(result, values=dict(list(result.values.items())[1:]))


def with_a_value(result: Result) -> Result:
    key = ValueKey(YIELD, (("line", "Z"),), datetime(2000, 1, 3, tzinfo=UTC))
    return replace(result, values={**result.values, key: Value(1.0, 1, True)})


def without_an_episode(result: Result) -> Result:
    return replace(result, episodes=result.episodes - Counter([next(iter(result.episodes))]))


def with_an_episode_twice(result: Result) -> Result:
    return replace(result, episodes=result.episodes + Counter([next(iter(result.episodes))]))


def with_another_occurrence(result: Result) -> Result:
    subject = next(iter(result.issues))
    return replace(result, issues={**result.issues, subject: result.issues[subject] + 1})


def with_a_second_entry(result: Result) -> Result:
    return replace(result, quarantine=result.quarantine + Counter([next(iter(result.quarantine))]))


def with_a_flaw(result: Result) -> Result:
    return replace(result, flaws=("2 issues of one subject",))


@pytest.mark.parametrize(
    "change",
    [
        without_a_value,
        with_a_value,
        without_an_episode,
        with_an_episode_twice,
        with_another_occurrence,
        with_a_second_entry,
        with_a_flaw,
    ],
)
def test_whatever_differs_is_told(wanted: Result, change: Callable[[Result], Result]) -> None:
    assert len(compare(change(wanted), wanted).sentences) == 1


def event(number: int, *, day: int, source: str = "mes-1", line: str = "A", passed: int = 90) -> Event:
    at = datetime(2000, 1, 3, 12, tzinfo=UTC) + timedelta(days=day)
    data = {"line": line, "product": "pump", "total": 100, "passed": passed}
    return {"id": str(number), "source": source, "type": "inspection.completed", "time": at.isoformat(), "data": data}


def test_the_reference_by_hand() -> None:
    """Three weeks: two below the target, one that meets it; the other source has come only so far that two are final."""
    everything = Sent()
    everything.add([event(1, day=0), event(2, day=7), event(2, day=7, passed=100), event(3, day=17, passed=99)])
    everything.add([event(4, day=17, source="mes-2", line="D", passed=99)])
    result = expected(everything, [])
    begins = [datetime(2000, 1, 2, 23, tzinfo=UTC) + timedelta(days=7 * week) for week in range(3)]
    weeks = {key.start: value for key, value in result.values.items() if key.subject == (("line", "A"),)}
    assert weeks == {begins[0]: Value(0.9, 1, True), begins[1]: Value(0.9, 1, True), begins[2]: Value(0.99, 1, False)}
    ((episode, count),) = result.episodes.items()
    assert (episode.raised, episode.cleared, count) == (begins[1], None, 1)
    assert result.issues == {(("line", "A"),): 1}


def test_the_stream_holds_what_makes_counting_once_hard() -> None:
    stream = Stream(5)
    copies: Counter[str] = Counter()
    payloads: dict[str, set[str]] = {}
    wrong: list[Event] = []
    for batch in stream.batches():
        if batch.day == DAYS:
            break
        for one in batch.events:
            copies[one["id"]] += 1
            payloads.setdefault(one["id"], set()).add(str(one["data"]))
            wrong += [one] if is_wrong(one) else []
        stream.acknowledge(batch)
    assert sum(1 for count in copies.values() if count > 1) > DAYS
    assert sum(1 for found in payloads.values() if len(found) > 1) > DAYS // 2
    assert wrong
    assert not is_wrong(corrected(wrong[0]))


def test_the_same_seed_makes_the_same_stream() -> None:
    assert sent(8, 20) == sent(8, 20)
    assert sent(8, 20) != sent(9, 20)


def test_no_week_lies_near_the_target() -> None:
    """So that a part of a week is judged like the whole, whichever part comes first."""
    shares = [one["data"]["passed"] / one["data"]["total"] for one in sent(4).accepted.values()]
    assert not [share for share in shares if 0.93 < share < 0.955]
    assert {share > 0.95 for share in shares} == {True, False}
