"""Which readings are due: the same spans, however often and whenever somebody asks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.expectation import state_expectations

BEGIN = datetime(2026, 3, 23, 9, 0, 30, tzinfo=UTC)
SECONDS = st.integers(1, 20_000)


def stated(cadence: timedelta, moments: list[datetime]) -> list[tuple[str, datetime, float]]:
    """(id, observed, expected) of all spans that are stated at these moments, one after the other."""
    known = {"mes-7": moments[0]}
    rows = []
    for moment in moments:
        has_more = True
        while has_more:
            done = state_expectations({"mes-7": cadence}, known, now=moment)
            known |= done.until
            has_more = done.has_more
            for one in done.readings:
                columns = (one.readings[name].to_list() for name in ("event_id", "observed_at", "measure.expected"))
                rows += list(zip(*columns, strict=True))
    return rows


@given(st.integers(1, 4000), st.lists(SECONDS, min_size=1, max_size=6))
def test_asking_more_often_states_the_same_spans(cadence: int, steps: list[int]) -> None:
    moments = [BEGIN]
    for step in steps:
        moments.append(moments[-1] + timedelta(seconds=step))
    length = timedelta(seconds=cadence)
    often = stated(length, moments)
    assert often == stated(length, [moments[0], moments[-1]])
    assert len({event_id for event_id, _, _ in often}) == len(often)
    span = max(length, timedelta(minutes=1))
    assert all(observed + span <= moments[-1] for _, observed, _ in often)
    assert all(later - earlier == span for (_, earlier, _), (_, later, _) in pairwise(often))


def test_a_span_is_a_minute_where_readings_are_due_more_often() -> None:
    [first, second] = stated(timedelta(seconds=20), [BEGIN, BEGIN + timedelta(minutes=3)])
    assert (first[1:], second[1:]) == (
        (BEGIN.replace(minute=1, second=0), 3.0),
        (BEGIN.replace(minute=2, second=0), 3.0),
    )


def test_what_has_waited_long_is_stated_in_portions() -> None:
    known = {"mes-7": BEGIN.replace(second=0)}
    done = state_expectations({"mes-7": timedelta(minutes=1)}, known, now=BEGIN + timedelta(days=3))
    assert (done.readings[0].count, done.has_more) == (1000, True)


def test_another_cadence_goes_on_where_the_one_before_ended() -> None:
    known = {"mes-7": BEGIN.replace(minute=5, second=0)}
    done = state_expectations({"mes-7": timedelta(minutes=7)}, known, now=BEGIN + timedelta(minutes=30))
    assert done.readings[0].readings["observed_at"][0] >= known["mes-7"], "no span counts twice"
