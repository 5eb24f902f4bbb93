"""Messages as columns are runs that say of themselves what runs of objects say."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.held_records import Held
from shared.eventlog.kafka_options import Moments
from shared.eventlog.message_columns import HeaderColumn, KeyColumn, MessageColumns
from shared.eventlog.port import Headers, Partition, Record
from shared.eventlog.record_runs import Listed, Messages, Run
from shared.runtime.joined_texts import JoinedTexts

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ZERO = Partition("raw.erp", 0)
BYTES = st.binary(max_size=3) | st.just(b"\n")
HEADERS: st.SearchStrategy[Headers] = st.lists(st.tuples(st.sampled_from(["ce_id", "é"]), BYTES), max_size=2).map(tuple)
STEPS = st.tuples(st.integers(1, 3), st.integers(0, 2), st.none() | BYTES, BYTES, HEADERS | st.just(()))


@st.composite
def records_in_order(draw: st.DrawFn) -> list[Record]:
    """Offsets with gaps, and times that stand still or go on; without keys or headers, too, as whole topics are."""
    found, offset, second = [], 0, 0
    is_keyed, is_described = draw(st.booleans()), draw(st.booleans())
    for gap, later, key, value, headers in draw(st.lists(STEPS, min_size=1, max_size=20)):
        offset, second = offset + gap, second + later
        taken = BEGINNING + second * SECOND
        found.append(Record(ZERO, offset, key if is_keyed else None, value, headers if is_described else (), taken))
    return found


def joined(texts: Sequence[bytes]) -> JoinedTexts:
    return JoinedTexts(memoryview(b"\n".join(texts)), numbers(map(len, texts)))


def numbers(found: object) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(list(found), dtype=np.int64)  # type: ignore[call-overload]


def columns(records: Sequence[Record]) -> MessageColumns:
    keys = KeyColumn(joined([one.key or b"" for one in records]), np.array([one.key is not None for one in records]))
    headers = [header for one in records for header in one.headers]
    borders = np.concatenate([numbers([0]), np.cumsum(numbers(len(one.headers) for one in records))])
    return MessageColumns(
        numbers(one.offset for one in records),
        numbers(round(one.appended_at.timestamp() * 1000) for one in records),
        Moments(),
        joined([one.value for one in records]),
        keys if keys.are_there.any() else None,
        HeaderColumn(borders, joined([name.encode() for name, _ in headers]), joined([value for _, value in headers]))
        if headers
        else None,
    )


def said(run: Run, offset: int, moment: datetime) -> tuple[object, ...]:
    return (
        list(run),
        [run[place] for place in range(-len(run), len(run))],
        list(run.values()),
        run.size,
        run.has_headers,
        (run.next_offset, run.newest) if run else None,
        [list(part) for part in run.alike(2 * SECOND)] if run else None,
        list(run.since(offset)),
        run.until(moment),
    )


@given(records_in_order(), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4), st.integers(0, 40))
def test_they_say_what_records_say_however_they_are_cut(
    records: list[Record], cuts: list[tuple[int, int]], place: int
) -> None:
    found: Messages = columns(records)
    for one, other in [(0, len(records)), *cuts]:
        start, stop = sorted((min(one, len(records)), min(other, len(records))))
        found, records = found.part(start, stop), records[start:stop]
        as_columns, as_records = Run(ZERO, found), Run(ZERO, Listed(records))
        moment = BEGINNING + place * SECOND
        assert said(as_columns, place, moment) == said(as_records, place, moment)


@given(records_in_order(), st.lists(st.integers(1, 8), max_size=6))
def test_they_can_be_held_beside_others_and_taken_in_parts(records: list[Record], counts: list[int]) -> None:
    half = len(records) // 2
    held = Held()
    for some in (records[:half], records[half:]):
        if some:
            held.add(Run(ZERO, columns(some)))
    for count in counts:
        taken = min(count, len(records))
        assert [record for run in held.take(taken) for record in run] == records[:taken]
        records = records[taken:]
