"""Consumers of a log in this process are woken by what concerns them."""

import pytest

from shared.eventlog.local_consumer import Signal


@pytest.mark.parametrize(
    ("appended", "is_woken"), [({"readings"}, True), ({"raw.mes-7"}, True), ({"anomalies"}, False), (set(), False)]
)
def test_an_append_wakes_who_is_subscribed_to_its_topic(appended: set[str], is_woken: bool) -> None:
    signal = Signal()
    waiter = signal.waiter(["readings", "raw.*"])
    seen = waiter.count
    signal.appended(appended)
    assert waiter.wait_beyond(seen, 0) is is_woken


def test_a_change_wakes_all_but_those_that_are_gone() -> None:
    signal = Signal()
    stays, goes = signal.waiter(["readings"]), signal.waiter(["readings"])
    signal.forget(goes)
    seen = stays.count, goes.count
    signal.raise_()
    assert stays.wait_beyond(seen[0], 0)
    assert not goes.wait_beyond(seen[1], 0)
