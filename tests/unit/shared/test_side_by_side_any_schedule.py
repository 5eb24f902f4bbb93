"""Whatever is polled, sought, paused and lost, each partition's records come once, in their order, from where they were sought."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shared.eventlog.port import Partition
from shared.eventlog.side_by_side import MostHeld, SideBySide
from tests.unit.shared.log_below import NOW, Below

PLACES = [Partition("raw.erp", 0), Partition("raw.erp", 1), Partition("raw.erp", 2), Partition("raw.mes", 0)]
SECONDS = st.lists(st.integers(0, 100), max_size=25).map(sorted)
_ENOUGH_POLLS = 1000

places = st.sampled_from(PLACES)


class AnySchedule(RuleBasedStateMachine):
    """`expected` is where each partition is to be read on."""

    @initialize(seconds=st.lists(SECONDS, min_size=4, max_size=4), records=st.integers(1, 30))
    def join(self, seconds: list[list[int]], records: int) -> None:
        self.below = Below(dict(zip(PLACES, seconds, strict=True)))
        self.expected = dict.fromkeys(PLACES, 0)
        self.paused: set[Partition] = set()
        self.consumer = SideBySide(
            self.below.join, on_assigned=self.won, on_revoked=self.lost, most=MostHeld(records=records, size=40)
        )
        self.poll(1)

    def won(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        return {partition: self.expected[partition] for partition in partitions}

    def lost(self, partitions: Sequence[Partition]) -> None:
        self.paused.difference_update(partitions)

    @rule(max_records=st.integers(1, 12))
    def poll(self, max_records: int) -> None:
        self.read(max_records)

    def read(self, max_records: int) -> int:
        found = self.consumer.poll(NOW, max_records)
        assert len(found) <= max_records
        for record in found:
            assert record.partition not in self.paused
            assert record.offset == self.expected[record.partition]
            self.expected[record.partition] += 1
        return len(found)

    @rule(place=places, part=st.floats(0, 1))
    def seek(self, place: Partition, part: float) -> None:
        self.expected[place] = round(part * len(self.below.records[place]))
        self.consumer.seek(place, self.expected[place])

    @rule(place=places)
    def pause(self, place: Partition) -> None:
        self.consumer.pause([place])
        self.paused.add(place)

    @rule(place=places)
    def resume(self, place: Partition) -> None:
        self.consumer.resume([place])
        self.paused.discard(place)

    @rule()
    def lose_and_win(self) -> None:
        self.below.rebalance()
        self.poll(1)

    @rule(place=places, later=st.integers(100, 200))
    def append(self, place: Partition, later: int) -> None:
        self.below.append(place, later)

    @rule(silent=st.sets(places), said=st.sampled_from([None, 1, 3]), place=places)
    def say_little(self, silent: set[Partition], said: int | None, place: Partition) -> None:
        self.below.silent = silent
        self.below.said = {place: said}

    @rule()
    def speak_again(self) -> None:
        self.below.silent = set()
        self.below.said = {}

    def teardown(self) -> None:
        if not hasattr(self, "below"):
            return
        self.speak_again()
        self.consumer.resume(PLACES)
        self.paused.clear()
        for _ in range(_ENOUGH_POLLS):
            if not self.read(12) and all(self.consumer.lag(place) == 0 for place in PLACES):
                break
        assert self.expected == {place: len(self.below.records[place]) for place in PLACES}


TestAnySchedule = AnySchedule.TestCase
