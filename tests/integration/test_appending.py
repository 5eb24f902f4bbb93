"""Records are appended once and in order, whatever becomes of brokers, connections and answers."""

import threading
import time
from collections.abc import Iterator

import pytest

from shared.eventlog.appending import Appending
from shared.eventlog.broker_protocol import Place
from shared.eventlog.metadata_protocol import Address
from shared.eventlog.port import EventLogError, LogUnavailable, NewRecord, RecordTooLarge
from shared.eventlog.produce_protocol import Producer
from tests.support.fake_leader import AFTER, BEFORE, SILENT, FakeLeader, PartitionLog, Trouble

pytestmark = pytest.mark.network

ONE, TWO = ("events", 0), ("events", 1)
NOT_LEADER, TOO_LARGE, FORBIDDEN, OUT_OF_ORDER = 6, 10, 29, 45
SECONDS = 10.0
LARGE = 500_000
"""Two of these do not fit into a batch."""


class Cluster:
    """Knows whom it is told of, and counts producers, whom it refuses with these errors first."""

    def __init__(self) -> None:
        self.addresses: dict[Place, Address] = {}
        self.next_addresses: dict[Place, Address] = {}
        self.producers = 0
        self.refusals: list[EventLogError] = []

    def leader(self, place: Place) -> Address | None:
        return self.addresses.get(place)

    def refresh(self) -> None:
        self.addresses.update(self.next_addresses)

    def new_producer(self) -> Producer:
        if self.refusals:
            raise self.refusals.pop(0)
        self.producers += 1
        return Producer(self.producers, 0)


class Plant:
    """Two partitions, those who lead them, and somebody who appends."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.logs = {ONE: PartitionLog(), TWO: PartitionLog()}
        self.cluster = Cluster()
        self.appending = Appending(self.cluster, seconds, lambda: 1_700_000_000_000)
        self.leaders: list[FakeLeader] = []

    def leader(self, *places: Place) -> FakeLeader:
        self.leaders.append(FakeLeader(self.logs))
        self.cluster.addresses.update(dict.fromkeys(places, self.leaders[-1].address))
        return self.leaders[-1]

    def append(self, values: list[bytes], *places: Place) -> list[int]:
        """To these in turn."""
        in_turn = [places[number % len(places)] for number in range(len(values))]
        return list(self.appending.append([NewRecord("events", value) for value in values], in_turn))

    def close(self) -> None:
        self.appending.close()
        for leader in self.leaders:
            leader.close()


@pytest.fixture
def plant() -> Iterator[Plant]:
    plant = Plant()
    yield plant
    plant.close()


def values(count: int, size: int = 3) -> list[bytes]:
    return [b"%03d" % number + b"." * (size - 3) for number in range(count)]


def test_each_record_is_on_its_partition_in_order_and_its_offset_is_told(plant: Plant) -> None:
    leader = plant.leader(ONE, TWO)
    assert plant.append(values(7), ONE, TWO) == [0, 0, 1, 1, 2, 2, 3]
    assert plant.append([b"next"], TWO) == [3]
    assert plant.logs[ONE].values == values(7)[::2]
    assert plant.logs[TWO].values == [*values(7)[1::2], b"next"]
    assert leader.requests == [2, 1]


def test_partitions_of_several_leaders_are_appended_to_together(plant: Plant) -> None:
    first, second = plant.leader(ONE), plant.leader(TWO)
    assert plant.append(values(4), ONE, TWO) == [0, 0, 1, 1]
    assert (first.requests, second.requests) == ([1], [1])


def test_what_does_not_fit_into_a_batch_follows_when_that_is_acknowledged(plant: Plant) -> None:
    leader = plant.leader(ONE, TWO)
    some = values(5, LARGE)
    assert plant.append(some, ONE) == [0, 1, 2, 3, 4]
    assert plant.logs[ONE].values == some
    assert leader.requests == [1] * 5


@pytest.mark.parametrize("trouble", [BEFORE, AFTER, SILENT, NOT_LEADER])
def test_what_was_not_acknowledged_is_sent_again_and_there_once(plant: Plant, trouble: Trouble) -> None:
    leader = plant.leader(ONE, TWO)
    leader.troubles = {ONE: [0, trouble, 0, trouble, trouble]}
    some = values(6, LARGE)
    assert plant.append(some, ONE, TWO) == [0, 0, 1, 1, 2, 2]
    assert plant.append([b"next"], ONE) == [3]
    assert plant.logs[ONE].values == [*some[::2], b"next"]
    assert plant.logs[TWO].values == some[1::2]
    assert plant.cluster.producers == 1


@pytest.mark.parametrize("cut", [0, 3, 7, 20])
def test_an_answer_that_is_cut_off_is_asked_for_again(plant: Plant, cut: int) -> None:
    leader = plant.leader(ONE)
    leader.cut = cut
    assert plant.append(values(3), ONE) == [0, 1, 2]
    assert plant.logs[ONE].values == values(3)


def test_a_partition_is_appended_to_at_its_new_leader(plant: Plant) -> None:
    old, new = plant.leader(ONE), plant.leader()
    old.troubles = {ONE: [NOT_LEADER]}
    plant.cluster.next_addresses = {ONE: new.address}
    assert plant.append(values(3), ONE) == [0, 1, 2]
    assert (old.requests, new.requests) == ([1], [1])


def test_a_partition_without_a_leader_waits_for_one(plant: Plant) -> None:
    plant.cluster.next_addresses = {ONE: plant.leader().address}
    assert plant.append(values(3), ONE) == [0, 1, 2]


def test_a_leader_that_is_away_is_tried_again(plant: Plant) -> None:
    away = plant.leader(ONE)
    assert plant.append([b"first"], ONE) == [0]
    away.close()
    plant.cluster.next_addresses = {ONE: plant.leader().address}
    assert plant.append([b"second"], ONE) == [1]
    assert plant.cluster.producers == 1


def test_who_does_not_answer_is_taken_for_lost_and_what_he_does_late_counts_once() -> None:
    plant = Plant(seconds=1.5)
    slow = plant.leader(ONE)
    slow.troubles = {ONE: [lambda: time.sleep(0.8)]}
    plant.cluster.next_addresses = {ONE: plant.leader().address}
    assert plant.append(values(3), ONE) == [0, 1, 2]
    time.sleep(0.5)
    assert plant.append([b"next"], ONE) == [3]
    assert plant.logs[ONE].values == [*values(3), b"next"]
    plant.close()


@pytest.mark.parametrize(
    ("number", "kind"), [(TOO_LARGE, RecordTooLarge), (FORBIDDEN, EventLogError), (OUT_OF_ORDER, LogUnavailable)]
)
def test_what_no_further_try_mends_is_an_error_and_leaves_no_gap(
    plant: Plant, number: int, kind: type[Exception]
) -> None:
    leader = plant.leader(ONE, TWO)
    leader.troubles = {ONE: [0, number]}
    some = values(8, LARGE)
    with pytest.raises(kind) as raised:
        plant.append(some, ONE, TWO)
    assert type(raised.value) is kind
    assert plant.logs[ONE].values == some[:2:2]
    assert plant.logs[TWO].values == some[1::2]
    assert plant.append([b"next"], ONE, TWO) == [1]
    assert plant.cluster.producers == 2


def test_a_number_may_be_refused_for_a_while(plant: Plant) -> None:
    plant.leader(ONE)
    plant.cluster.refusals = [LogUnavailable("error 14"), LogUnavailable("error 14")]
    assert plant.append(values(3), ONE) == [0, 1, 2]


def test_a_number_may_be_refused_for_good(plant: Plant) -> None:
    plant.leader(ONE)
    plant.cluster.refusals = [EventLogError("no permission")]
    with pytest.raises(EventLogError, match="no permission") as raised:
        plant.append(values(3), ONE)
    assert type(raised.value) is EventLogError


def test_what_met_trouble_for_too_long_is_given_up_with_all_behind_it() -> None:
    plant = Plant(seconds=0.3)
    leader = plant.leader(ONE)
    leader.troubles = {ONE: [0, *[NOT_LEADER] * 1000]}
    some = values(4, LARGE)
    with pytest.raises(LogUnavailable, match="error 6"):
        plant.append(some, ONE)
    assert plant.logs[ONE].values == some[:1]
    leader.troubles.clear()
    assert plant.append(some[1:], ONE) == [1, 2, 3]
    plant.close()


def test_callers_who_wait_are_served_together_and_each_by_itself(plant: Plant) -> None:
    """The one whose record is refused learns it; the others have their offsets."""
    leader = plant.leader(ONE, TWO)
    release = threading.Event()
    leader.troubles = {ONE: [lambda: release.wait(SECONDS)], TWO: [TOO_LARGE]}
    outcomes: dict[bytes, object] = {}

    def append(value: bytes, place: Place) -> None:
        try:
            outcomes[value] = plant.append([value], place)
        except RecordTooLarge as error:
            outcomes[value] = type(error)

    threads = [threading.Thread(target=append, args=[b"first", ONE])]
    threads[0].start()
    while not leader.requests:
        time.sleep(0.01)
    for value, place in ((b"second", ONE), (b"third", ONE), (b"refused", TWO)):
        threads.append(threading.Thread(target=append, args=[value, place]))
        threads[-1].start()
    time.sleep(0.1)
    release.set()
    for thread in threads:
        thread.join()
    assert outcomes.pop(b"refused") is RecordTooLarge
    assert outcomes == {value: [plant.logs[ONE].values.index(value)] for value in (b"first", b"second", b"third")}
    assert leader.requests == [1, 2]


def test_after_closing_nothing_is_appended(plant: Plant) -> None:
    plant.leader(ONE)
    plant.append([b"before"], ONE)
    plant.appending.close()
    with pytest.raises(LogUnavailable, match="closed"):
        plant.append([b"after"], ONE)
    assert plant.logs[ONE].values == [b"before"]
