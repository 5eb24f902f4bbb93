"""The quality of data, against a plain count: any split and repetition of a stream gives the same figures."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.block import Block
from services.analytics.domain.built_in import BUILT_IN, built_in_body
from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.fold import PartitionMemory, fold
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.pane import empty_deltas, merge
from shared.calendars.calendar import DEFAULT_CALENDAR

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
WITHIN = timedelta(minutes=10)
Sent = tuple[int, str, str, int, int]
"""(id, reading type, source, seconds after MONDAY that it arrived, seconds before that it was observed)."""
Panes = dict[tuple[str, str, datetime], tuple[int, float, float]]
"""(indicator, subject, hour) → count, numerator, denominator."""

SENT = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from(("inspection", "call", "andon-rejection", "andon-expectation")),
        st.sampled_from(("mes-1", "mes-2")),
        st.integers(0, 3 * 3600),
        st.integers(0, 1200),
    ),
    unique_by=lambda one: one[0],
    max_size=40,
)
CATALOGUE = make_catalogue(
    revision=1,
    indicators=[read_indicator(name, 1, built_in_body(name)) for name in BUILT_IN],
    calendars={DEFAULT_CALENDAR.name: DEFAULT_CALENDAR},
    rules=(),
)


def has_cadence(source: str) -> bool:
    return source == "mes-1"


def block(sent: list[Sent], arrived_at: datetime) -> Block:
    """One append of readings of one type, and here of one source."""
    _, reading_type, source, *_ = sent[0]
    frame = pl.DataFrame(
        {
            "event_id": [f"e{one[0]}" for one in sent],
            "id_hash": pl.Series([one[0] + 1 for one in sent], dtype=pl.UInt64),
            "source": [one[2] for one in sent],
            "observed_at": pl.Series([observed(one) for one in sent], dtype=pl.Datetime("us", "UTC")),
        }
    )
    if reading_type == "andon-expectation":
        frame = frame.with_columns(pl.lit(2.0).alias("measure.expected"))
    return Block(0, reading_type, frame, arrived_at, on_time_within=WITHIN, has_cadence=has_cadence(source))


def arrived(one: Sent) -> datetime:
    return MONDAY + timedelta(seconds=one[3])


def observed(one: Sent) -> datetime:
    return arrived(one) - timedelta(seconds=one[4])


def blocks(sent: list[Sent], chance: random.Random) -> list[Block]:
    """Readings as the log has them: in order of arrival, some alike ones of a minute read as one block, some sent again later."""
    found: list[list[Sent]] = []
    for one in sorted(sent, key=arrived):
        last = found[-1][-1] if found else None
        if last is not None and alike(last) == alike(one) and chance.random() < 0.6:
            found[-1].append(one)
        else:
            found.append([one])
    made = [block(part, max(map(arrived, part))) for part in found]
    again = [block(part, MONDAY + timedelta(hours=9)) for part in found if chance.random() < 0.4]
    return made + again


def alike(one: Sent) -> tuple[object, ...]:
    return one[1], one[2], arrived(one).replace(second=0)


def folded(batches: list[list[Block]]) -> Panes:
    memories, panes = {0: PartitionMemory()}, empty_deltas()
    for batch in batches:
        done = fold(batch, memories, CATALOGUE)
        memories, panes = dict(done.memories), merge(panes, done.deltas)
    columns = (panes[name].to_list() for name in ("indicator", "subject", "pane_start", "count", "numerator"))
    return {
        (row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in zip(*columns, panes["denominator"], strict=True)
    }


def expected(sent: list[Sent]) -> Panes:
    """One by one."""
    sums: defaultdict[tuple[str, str, datetime], list[float]] = defaultdict(lambda: [0, 0, 0])

    def add(indicator: str, one: Sent, at: datetime, above: float, below: float) -> None:
        cell = sums[indicator, f'{{"source":"{one[2]}"}}', at.replace(minute=0, second=0)]
        cell[0], cell[1], cell[2] = cell[0] + 1, cell[1] + above, cell[2] + below

    for one in sent:
        if one[1] == "andon-expectation":
            add("andon-completeness", one, observed(one), 0, 2)
            continue
        add("andon-rejection-rate", one, arrived(one), one[1] == "andon-rejection", 1)
        if one[1] == "andon-rejection":
            continue
        is_on_time = arrived(one).replace(second=0) - observed(one) <= WITHIN
        add("andon-timeliness", one, observed(one), is_on_time, 1)
        if has_cadence(one[2]):
            add("andon-completeness", one, observed(one), 1, 0)
    return {key: (int(cell[0]), cell[1], cell[2]) for key, cell in sums.items()}


@given(SENT, st.randoms())
def test_any_split_and_repetition_comes_to_a_plain_count(sent: list[Sent], chance: random.Random) -> None:
    batches: list[list[Block]] = [[]]
    for one in blocks(sent, chance):
        batches[-1].append(one)
        if chance.random() < 0.4:
            batches.append([])
    assert folded(batches) == expected(sent)


def test_readings_of_many_years_and_many_sources_in_one_block() -> None:
    """What lies far apart is counted by sorting, and comes to the same."""
    sent: list[Sent] = [(number, "inspection", "mes-2", 0, number * 40_000_000) for number in range(60)]
    [intake, delivery] = fold([block(sent, MONDAY)], {0: PartitionMemory()}, CATALOGUE).kept[1:]
    assert (intake.reading_type, intake.readings["stands_for"].to_list()) == ("andon-intake", [60])
    assert (delivery.reading_type, delivery.readings["stands_for"].to_list()) == ("andon-delivery", [1] * 60)
    assert delivery.readings["event_id"].to_list() == [f"e{number}" for number in reversed(range(60))]
