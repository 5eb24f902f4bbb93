"""Events that are decoded in one call are decoded as each would be by itself, whatever stands beside them."""

from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.domain.decode import Decoded, EventDecoder, plan_source
from services.ingest.domain.event_columns import DecodedEvents, Event
from services.ingest.domain.reading_type_form import read_reading_type
from services.ingest.domain.source_form import read_stored_source

READING_TYPE = read_reading_type("visit", 1, {"dimensions": ["line"], "measures": {"count": {"unit": "1"}}})
SOURCE = read_stored_source(
    "s",
    1,
    {
        "reading_type": "visit",
        "event_types": ["v"],
        "dimensions": {"line": "data.line"},
        "measures": {"count": "data.count"},
    },
)
DECODER = EventDecoder([plan_source(SOURCE, READING_TYPE)], most_bytes=200)

GOOD = b'{"specversion":"1.0","id":"1","source":"s","type":"v","time":"2026-01-31","data":{"line":"a","count":1}}'
ORIGINALS = st.sampled_from(
    [
        GOOD,
        GOOD.replace(b'"1"', b'"2"'),
        GOOD + b"\n",
        GOOD + GOOD[:90] + b"}",
        GOOD.replace(b",", b",\n"),
        GOOD.replace(b'"a"', b'"}\n{"'),
        GOOD.replace(b"1}}", b'"many"}}'),
        b'{"source":"s","type":"v","x":{}',
        GOOD + b" " * 200,
        b"",
        b" ",
        b"{",
        b"}",
        b"{}",
        b"{}{}",
        GOOD[:50],
        GOOD[50:],
        b"\xff",
    ]
) | st.integers(1, len(GOOD) - 1).map(lambda place: GOOD[:place] + b"\n" + GOOD[place:])
TWICE = GOOD.replace(b'"time":"2026-01-31",', b"") * 2


def events_of(decoded: Decoded) -> list[Event]:
    return [event for part in decoded.parts if isinstance(part, DecodedEvents) for event in part.events]


@given(st.lists(ORIGINALS | st.just(TWICE), min_size=1, max_size=4))
@example([TWICE, b""])
@example([GOOD[:50], GOOD[50:], TWICE])
def test_an_event_is_read_as_it_is_alone(originals: list[bytes]) -> None:
    together = DECODER.decode(originals)
    alone = [DECODER.decode([original]) for original in originals]
    assert events_of(together) == [event for one in alone for event in events_of(one)]
    assert [index for part in together.parts for index in part.indices] == [
        index for index, one in enumerate(alone) if one.parts
    ]
    assert [one.index for one in together.rejected] == [index for index, one in enumerate(alone) if one.rejected]
    assert [(one.reason, one.original) for one in together.rejected] == [
        (refused.reason, refused.original) for one in alone for refused in one.rejected
    ]
