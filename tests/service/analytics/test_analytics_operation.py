"""Analytics in operation: fences, publication in measure, gauges, records that cannot be read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import update

from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS
from shared.eventlog.handler import Unprocessable
from shared.eventlog.port import NewRecord
from shared.events.blocks import encode_block
from shared.events.kpi_values import KpiValueComputed
from shared.events.pane_deltas import MARKS_HEADER, Marks, encode_marks
from shared.events.topics import GOAL_CHANGES, KPI_VALUES, PANE_DELTAS
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

THURSDAY = datetime(2026, 3, 5, tzinfo=UTC)
GOOD_MARKS = encode_marks([Marks(readings_partition=0, partitions=4, at_end=True, sources=[])])


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        running.put("rules/yield-below-95", BELOW_95)
        yield running


def inspection(number: int, passed: float, line: str = "A", at: timedelta = timedelta(0)) -> Inspection:
    return Inspection(f"{line}-{number}-{at}", THURSDAY + number * timedelta(weeks=1) + at, line, passed, 100)


def sample(analytics: Alone, name: str, **labels: str) -> float | None:
    return analytics.registry.get_sample_value(f"andon_analytics_{name}", labels)


def test_provisional_values_are_published_in_measure(analytics: Alone) -> None:
    for hour in range(3):
        analytics.send([inspection(0, 90, at=timedelta(hours=hour))])
    published = [data.sample_size for _, data in analytics.events(KPI_VALUES, KpiValueComputed)]
    assert published == [1]
    assert [value["sample_size"] for value in analytics.values("first-pass-yield")] == [3]
    analytics.pass_time(timedelta(seconds=10))
    published = [data.sample_size for _, data in analytics.events(KPI_VALUES, KpiValueComputed)]
    assert published == [1, 3]
    analytics.pass_time(timedelta(seconds=10))
    assert len(analytics.events(KPI_VALUES, KpiValueComputed)) == 2


def test_final_values_are_published_at_once_and_once(analytics: Alone) -> None:
    analytics.send([inspection(number, 90) for number in range(3)])
    analytics.send([inspection(0, 99, at=timedelta(hours=1))])
    analytics.restart()
    analytics.settle()
    published = [(data.status, data.revision) for _, data in analytics.events(KPI_VALUES, KpiValueComputed)]
    assert sorted(published) == [("final", 1), ("final", 1), ("provisional", 0), ("restated", 2)]


def test_a_process_whose_partitions_were_written_by_another_reads_everything_again(analytics: Alone) -> None:
    analytics.send([inspection(0, 90)])
    with analytics.service.wiring.database.writing() as connection:
        revision = EVALUATE_PARTITIONS.c.revision
        connection.change(update(EVALUATE_PARTITIONS).values(revision=revision + 7))
    analytics.send([inspection(1, 90), inspection(2, 90)])
    assert [value["status"] for value in analytics.values("first-pass-yield")] == ["final", "final", "provisional"]
    assert [found["windows_missed"] for found in analytics.anomalies()] == [2]


def test_quiet_times_write_nothing(analytics: Alone) -> None:
    analytics.send([inspection(0, 90)])
    analytics.pass_time(timedelta(days=1))
    revisions = _revisions(analytics)
    analytics.pass_time(timedelta(days=1))
    assert _revisions(analytics) == revisions


def _revisions(analytics: Alone) -> list[int]:
    with analytics.service.wiring.database.reading() as connection:
        return [row.revision for row in connection.execute(EVALUATE_PARTITIONS.select())]


def test_gauges_show_how_things_stand_and_outlast_a_restart(analytics: Alone) -> None:
    analytics.send([inspection(number, 90 + number) for number in range(3)])
    analytics.restart()
    analytics.pass_time(timedelta(seconds=15))
    subject = {"indicator": "first-pass-yield", "subject": '{"line":"A"}'}
    assert sample(analytics, "kpi_value", **subject) == 0.91
    assert sample(analytics, "kpi_target", rule="yield-below-95", **subject) == 0.95
    assert sample(analytics, "kpi_breached", rule="yield-below-95", **subject) == 1.0
    assert sample(analytics, "kpi_series_dropped", indicator="first-pass-yield") == 0.0
    assert sample(analytics, "anomalies_open", severity="major") == 1.0
    age = sample(analytics, "watermark_age_seconds", source="mes-7")
    assert age is not None
    assert age > 200 * 86_400
    assert sample(analytics, "outbox_oldest_age_seconds") == 0.0
    assert sample(analytics, "kpi_values_total", status="final") == 4.0, "two of them of timeliness"
    analytics.send([inspection(3, 99), inspection(4, 99)])
    analytics.pass_time(timedelta(seconds=15))
    assert sample(analytics, "kpi_breached", rule="yield-below-95", **subject) == 0.0


def test_gauges_are_bounded_and_the_rest_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDON_ANALYTICS_GAUGE_SERIES", "2")
    with alone(tmp_path) as analytics:
        analytics.put("indicators/first-pass-yield", YIELD)
        analytics.send([inspection(number, 90, line) for line in "ABCDE" for number in range(2)])
        analytics.pass_time(timedelta(seconds=15))
        shown = [line for line in "ABCDE" if _shown(analytics, line) is not None]
        assert len(shown) == 2
        assert sample(analytics, "kpi_series_dropped", indicator="first-pass-yield") == 3.0


def _shown(analytics: Alone, line: str) -> float | None:
    return sample(analytics, "kpi_value", indicator="first-pass-yield", subject=f'{{"line":"{line}"}}')


UNREADABLE: list[tuple[bytes, bytes]] = [
    (b"no block", GOOD_MARKS),
    (b"", GOOD_MARKS),
    (b"no block", b"no marks"),
]


@pytest.mark.parametrize(("value", "marks"), UNREADABLE)
def test_deltas_that_cannot_be_read_stop_the_consumer(analytics: Alone, value: bytes, marks: bytes) -> None:
    analytics.log.append([NewRecord(PANE_DELTAS, value, partition=0, headers=((MARKS_HEADER, marks),))])
    with pytest.raises(Unprocessable, match="unreadable-deltas"):
        analytics.settle()


def test_a_block_of_another_shape_stops_the_consumer(analytics: Alone) -> None:
    block = encode_block(pl.DataFrame({"indicator": ["x"]}))
    analytics.log.append([NewRecord(PANE_DELTAS, block, partition=0, headers=((MARKS_HEADER, GOOD_MARKS),))])
    with pytest.raises(Unprocessable, match="columns"):
        analytics.settle()


def test_goal_changes_that_cannot_be_read_are_put_aside(analytics: Alone) -> None:
    garbage = [b"", b"{}", b'{"type": "andon.goals.activated.v1"}', b"\xff", b'{"type": "andon.something.else.v1"}']
    analytics.log.append([NewRecord(GOAL_CHANGES, value, key=b"2026") for value in garbage])
    analytics.settle()
    analytics.send([inspection(0, 90)])
    assert len(analytics.values("first-pass-yield")) == 1
    buried = analytics.registry.get_sample_value(
        "andon_analytics_dead_letters_total",
        {"consumer": "analytics.goal-changes", "topic": "goal-changes", "reason": "unreadable-event"},
    )
    assert buried == 4.0
