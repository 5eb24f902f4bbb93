"""Who sends more than may be sent, or faster than it is counted, is asked to wait; nothing of it is taken in."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.domain.errors import InvalidDefinition, Overloaded
from services.ingest.domain.quota import Quota
from services.ingest.domain.source_form import read_source
from services.ingest.entrypoints.backlog import Backlog
from services.ingest.entrypoints.quotas import Quotas
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NewRecord, Partition, TopicSpec
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from tests.unit.ingest.test_reasons import SOURCE, TICKET

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PER_MINUTE = {"crm": Quota(60, timedelta(minutes=1))}


def test_a_source_may_send_its_quota_and_then_has_to_wait() -> None:
    quotas = Quotas()
    quotas.spend({"crm": 100, "erp": 5000}, PER_MINUTE, NOW)
    with pytest.raises(Overloaded) as caught:
        quotas.spend({"crm": 1}, PER_MINUTE, NOW + timedelta(seconds=10))
    assert caught.value.facts["retry_after_seconds"] == 30
    quotas.spend({"erp": 5000}, PER_MINUTE, NOW + timedelta(seconds=10))
    quotas.spend({"crm": 1}, PER_MINUTE, NOW + timedelta(seconds=40))


def test_who_keeps_to_the_quota_never_waits() -> None:
    quotas = Quotas()
    for second in range(300):
        quotas.spend({"crm": 1}, PER_MINUTE, NOW + timedelta(seconds=second))


@pytest.mark.parametrize(
    "quota", [60, {"events": 60}, {"events": 0, "per": "PT1M"}, {"events": 60, "per": "PT0S"}, {"events": True, "per": "PT1M"}]
)  # fmt: skip
def test_a_quota_that_cannot_be_read_is_refused(quota: object) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_source("crm", {**SOURCE, "quota": quota}, {"ticket": TICKET})
    assert [problem.pointer for problem in caught.value.errors] == ["/quota"]


def test_senders_wait_while_readings_do() -> None:
    log = MemoryLog(clock=FixedClock(NOW), ids=CountingIds("log"))
    log.ensure_topics([TopicSpec("readings", partitions=2)])
    shown: list[timedelta] = []
    backlog = Backlog(
        log=log, topic="readings", group="analytics.readings", most=timedelta(minutes=1), show=shown.append
    )
    consumer = log.consumer(
        group="analytics.readings", topics=["readings"], on_assigned=lambda _: {}, on_revoked=lambda _: None
    )
    log.append([NewRecord("readings", b"", partition=1) for _ in range(5)])
    consumer.commit({Partition("readings", 1): 0})
    for seconds in range(0, 90, 10):
        backlog.step(NOW + timedelta(seconds=seconds))
    with pytest.raises(Overloaded):
        backlog.check()
    consumer.commit({Partition("readings", 1): 5})
    backlog.step(NOW + timedelta(seconds=90))
    backlog.check()
    assert shown[-2:] == [timedelta(seconds=80), timedelta(0)]
