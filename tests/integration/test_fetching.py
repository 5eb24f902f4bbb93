"""Partitions are read in order and without gaps, whatever becomes of brokers, connections, and what was asked for meanwhile."""

import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from shared.eventlog.broker_protocol import Place
from shared.eventlog.fetched_messages import FetchedMessages
from shared.eventlog.fetching import Fetching
from shared.eventlog.port import EventLogError, LogUnavailable, OffsetOutOfRange
from tests.support.fake_broker import FakeBroker
from tests.support.record_batches import BatchRecord, batch

pytestmark = pytest.mark.network

ONE, TWO = ("events", 0), ("events", 1)
NOT_LEADER, OUT_OF_RANGE, FORBIDDEN, UNKNOWN = 6, 1, 29, 77
PATIENCE = 10.0
RECORDS = 10


class Leaders:
    """Knows whoever it is told of."""

    def __init__(self) -> None:
        self.addresses: dict[Place, tuple[str, int]] = {}
        self.next_addresses: Mapping[Place, tuple[str, int]] = {}

    def leader(self, place: Place) -> tuple[str, int] | None:
        return self.addresses.get(place)

    def refresh(self) -> None:
        self.addresses.update(self.next_addresses)


class Plant:
    """Brokers with ten records of one byte in each partition, three to a batch, and somebody who reads them."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.leaders = Leaders()
        self.fetching = Fetching(self.leaders, FetchedMessages().read, patience)
        self.brokers: list[FakeBroker] = []
        self.found: dict[Place, list[int]] = {}

    def broker(self, *places: Place) -> FakeBroker:
        self.brokers.append(FakeBroker(held))
        self.leaders.addresses.update(dict.fromkeys(places, self.brokers[-1].address))
        return self.brokers[-1]

    def fetch(self, max_records: int = 100, wait: float = 0.05) -> int:
        """How many records came."""
        count = 0
        for place, messages in self.fetching.fetch(wait, max_records):
            some = [messages.offset(number) for number in range(len(messages))]
            self.found.setdefault(place, []).extend(some)
            count += len(some)
        return count

    def fetch_until(self, is_enough: Callable[[], bool], max_records: int = 100) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_enough():
            assert time.monotonic() < deadline, self.found
            self.fetch(max_records)

    def has_all_of(self, *places: Place) -> bool:
        return all(len(self.found.get(place, [])) >= RECORDS for place in places)

    def close(self) -> None:
        self.fetching.close()
        for broker in self.brokers:
            broker.close()


def held(asked: Mapping[Place, int]) -> Mapping[Place, tuple[int, bytes]]:
    """All batches from the one on that an offset lies in."""
    return {place: (0, b"".join(batches_from(offset))) for place, offset in asked.items()}


def batches_from(offset: int) -> Iterator[bytes]:
    for first in range(0, RECORDS, 3):
        count = min(3, RECORDS - first)
        if first + count > offset:
            yield batch(first, [BatchRecord(b"x")] * count)


@pytest.fixture
def plant() -> Iterator[Plant]:
    plant = Plant()
    yield plant
    plant.close()


def test_partitions_are_read_to_their_ends_in_order(plant: Plant) -> None:
    plant.broker(ONE, TWO)
    plant.fetching.read_from({ONE: 0, TWO: 6}, [])
    plant.fetch_until(lambda: plant.has_all_of(ONE) and len(plant.found.get(TWO, [])) == RECORDS - 6)
    assert plant.found == {ONE: list(range(RECORDS)), TWO: list(range(6, RECORDS))}
    assert plant.fetching.end(ONE) == 100


def test_no_more_is_handed_over_than_wanted_and_nothing_is_lost_by_it(plant: Plant) -> None:
    plant.broker(ONE, TWO)
    plant.fetching.read_from({ONE: 0, TWO: 0}, [])
    plant.fetch_until(lambda: bool(plant.found), max_records=4)
    assert sum(map(len, plant.found.values())) == 4
    plant.fetch_until(lambda: plant.has_all_of(ONE, TWO), max_records=4)
    assert plant.found == {ONE: list(range(RECORDS)), TWO: list(range(RECORDS))}


def test_what_was_fetched_of_a_partition_waits_while_it_is_paused(plant: Plant) -> None:
    broker = plant.broker(ONE, TWO)
    plant.fetching.read_from({ONE: 0, TWO: 0}, [])
    plant.fetch_until(lambda: bool(plant.found), max_records=1)
    plant.fetching.pause([ONE, TWO])
    assert plant.fetch() == 0
    plant.fetching.resume([ONE, TWO])
    requests = len(broker.asked)
    assert plant.fetch() == 2 * RECORDS - 1
    assert len(broker.asked) <= requests + 1
    assert plant.found == {ONE: list(range(RECORDS)), TWO: list(range(RECORDS))}


def test_more_is_taken_in_than_what_was_fetched_when_nobody_looked(plant: Plant) -> None:
    """As after a rest: an answer has waited, which was all there was when it was asked for."""
    plant.broker(ONE).answering = lambda asked: {ONE: (0, next(batches_from(asked[ONE]), b""))}
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch(wait=0)
    time.sleep(0.1)
    assert plant.fetch(max_records=8) == 8
    assert plant.fetch() == RECORDS - 8


def test_a_paused_partition_is_not_asked_for(plant: Plant) -> None:
    broker = plant.broker(ONE, TWO)
    plant.fetching.read_from({ONE: 0, TWO: 0}, [TWO])
    plant.fetch_until(lambda: plant.has_all_of(ONE))
    assert all(set(asked) == {ONE} for asked in broker.asked)


def test_what_was_asked_for_before_a_seek_is_dropped(plant: Plant) -> None:
    plant.broker(ONE)
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch(wait=0)  # a request is under way now
    plant.fetching.read_from({ONE: 8}, [])
    plant.fetch_until(lambda: bool(plant.found))
    plant.fetching.read_from({ONE: 9}, [])
    plant.fetch_until(lambda: len(plant.found[ONE]) > RECORDS - 8)
    assert plant.found == {ONE: [8, 9, 9]}


def test_who_forgets_gets_nothing_more(plant: Plant) -> None:
    plant.broker(ONE)
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch(wait=0)
    plant.fetching.forget()
    assert plant.fetch(wait=0.2) == 0


@pytest.mark.parametrize("cut", [0, 3, 7, 40, 150])
def test_an_answer_that_is_cut_off_is_fetched_again(plant: Plant, cut: int) -> None:
    broker = plant.broker(ONE)
    broker.cut = cut
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch_until(lambda: plant.has_all_of(ONE))
    assert plant.found == {ONE: list(range(RECORDS))}


def test_a_batch_that_did_not_fit_is_asked_for_first(plant: Plant) -> None:
    broker = plant.broker(ONE, TWO)

    def first_only(asked: Mapping[Place, int]) -> Mapping[Place, tuple[int, bytes]]:
        """As a broker does: the first partition's next batch, and of the others what fits, here half of one."""
        found = {place: next(batches_from(offset), b"") for place, offset in asked.items()}
        first = next((place for place in found if found[place]), None)
        return {place: (0, some if place == first else some[:80]) for place, some in found.items()}

    broker.answering = first_only
    plant.fetching.read_from({ONE: 0, TWO: 0}, [])
    plant.fetch_until(lambda: plant.has_all_of(ONE, TWO))
    assert plant.found == {ONE: list(range(RECORDS)), TWO: list(range(RECORDS))}
    assert next(iter(broker.asked[1])) == TWO


def test_a_partition_is_read_on_at_its_new_leader(plant: Plant) -> None:
    old, new = plant.broker(ONE), plant.broker()
    old.answering = lambda asked: dict.fromkeys(asked, (NOT_LEADER, b""))
    plant.leaders.next_addresses = {ONE: new.address}
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch_until(lambda: plant.has_all_of(ONE))
    assert (len(old.asked), plant.found) == (1, {ONE: list(range(RECORDS))})


def test_a_partition_without_a_leader_waits_for_one(plant: Plant) -> None:
    broker = plant.broker()
    plant.fetching.read_from({ONE: 0}, [])
    assert plant.fetch() == 0
    plant.leaders.next_addresses = {ONE: broker.address}
    plant.fetch_until(lambda: plant.has_all_of(ONE))


def test_a_broker_that_is_away_is_tried_again(plant: Plant) -> None:
    away = plant.broker(ONE)
    away.close()
    plant.fetching.read_from({ONE: 0}, [])
    assert plant.fetch() == 0
    plant.leaders.next_addresses = {ONE: plant.broker().address}
    plant.fetch_until(lambda: plant.has_all_of(ONE))


def test_a_broker_that_does_not_answer_is_given_up() -> None:
    plant = Plant(patience=0.1)
    silent = plant.broker(ONE)
    silent.answering = lambda _: time.sleep(1)
    plant.leaders.next_addresses = {ONE: plant.broker().address}
    plant.fetching.read_from({ONE: 0}, [])
    plant.fetch_until(lambda: plant.has_all_of(ONE))
    plant.close()


@pytest.mark.parametrize(
    ("number", "kind"), [(OUT_OF_RANGE, OffsetOutOfRange), (FORBIDDEN, EventLogError), (UNKNOWN, LogUnavailable)]
)
def test_what_does_not_pass_by_itself_is_an_error(plant: Plant, number: int, kind: type[Exception]) -> None:
    plant.broker(ONE).answering = lambda asked: dict.fromkeys(asked, (number, b""))
    plant.fetching.read_from({ONE: 500}, [])
    with pytest.raises(kind) as raised:
        plant.fetch_until(lambda: False)
    assert type(raised.value) is kind
