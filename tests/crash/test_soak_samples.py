"""The soak's judgement: flat is flat, and what grows is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from crash.soak.samples import Sample, judge, lags, outbox_age, resident, size_of, table

METRICS = """
andon_analytics_consumer_lag_records{consumer="analytics.readings",partition="0",topic="readings"} 3.0
andon_analytics_consumer_lag_records{consumer="analytics.readings",partition="1",topic="readings"} 12.0
andon_issues_consumer_lag_seconds{consumer="issues.anomalies",partition="1",topic="anomalies"} 0.25
andon_issues_outbox_oldest_age_seconds 0.5
andon_goals_outbox_oldest_age_seconds 1.5
"""


def samples(*, memory: float = 0.0, lag: float = 0.0, outbox: float = 0.0) -> list[Sample]:
    """A hundred samples; each figure grows by so much from the first to the last."""
    return [
        Sample(
            at_seconds=float(number),
            accepted=number,
            refused=0,
            resident_bytes=round(300e6 * (1 + memory * number / 99)),
            lag_records=0,
            lag_seconds=lag * number / 99,
            outbox_seconds=outbox * number / 99,
            file_bytes=number,
        )
        for number in range(100)
    ]


def test_metrics_are_read_as_the_largest_of_all() -> None:
    assert lags(METRICS) == (12.0, 0.25)
    assert outbox_age(METRICS) == 1.5
    assert (lags(""), outbox_age("")) == ((0.0, 0.0), 0.0)


def test_what_stays_is_flat() -> None:
    assert judge(samples(memory=0.05, lag=1.0)).is_flat


def test_ids_may_grow_with_events() -> None:
    """300 MB and eight million ids, which are kept eight bytes each and moved now and then."""
    growing = [
        replace(one, accepted=80_000 * number, resident_bytes=round(300e6) + 24 * 80_000 * number)
        for number, one in enumerate(samples())
    ]
    assert judge(growing).is_flat
    assert judge([replace(one, accepted=0) for one in growing]).sentences


@pytest.mark.parametrize(
    ("grows", "told"),
    [({"memory": 0.5}, "memory but for ids grew"), ({"lag": 30.0}, "behind"), ({"outbox": 30.0}, "outbox")],
)
def test_what_grows_is_told(grows: dict[str, float], told: str) -> None:
    (sentence,) = judge(samples(**grows)).sentences
    assert told in sentence


def test_the_table_has_a_row_for_each_stretch() -> None:
    lines = table(samples(), rows=5).splitlines()
    assert len(lines) == 2 + 5
    assert {line.count("|") for line in lines} == {8}


def test_memory_and_files_are_those_of_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(1234))
    assert size_of(tmp_path) == 1234
    assert resident(1) > 0
