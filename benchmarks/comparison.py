"""The comparison: every contender from the same raw events to its last final value, on the same broker, one after the other."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.andon import end_to_end
from benchmarks.broker import Broker
from benchmarks.contenders import client_limit, faust, flink_sql, kafka_streams, quix_streams
from benchmarks.event_set import EventSet
from benchmarks.final_values import Incomplete
from benchmarks.measurement import Failure, Measurement, middle, steady_state
from benchmarks.size import Size

PART = "end-to-end"

Run = Callable[[Broker, EventSet], Measurement]


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who can make hourly values of the event set. A slow one is given fewer events."""

    name: str
    run: Run
    slow: bool = False


CONTENDERS: Sequence[Contender] = (
    Contender(client_limit.NAME, client_limit.measure),
    Contender("Andon, librdkafka", lambda broker, events: end_to_end.run(broker, events, "librdkafka")),
    Contender("Andon, kafka-python", lambda broker, events: end_to_end.run(broker, events, "kafka-python")),
    Contender("Flink SQL", flink_sql.measure),
    Contender("Kafka Streams", kafka_streams.measure),
    Contender("Quix Streams", quix_streams.measure, slow=True),
    Contender("Faust", faust.measure, slow=True),
)


def measure(broker: Broker, size: Size, without: Container[str] = ()) -> Iterator[Measurement | Failure]:
    """Two sizes of each contender, and the slope between them; of repeated slopes the middle one.

    They take turns: what slows the machine for some minutes does so for several of them. Slow ones have one turn.

    Args:
        without: names of contenders that are left out.
    """
    chosen = [one for one in CONTENDERS if one.name not in without]
    slopes: dict[str, list[Measurement]] = {}
    for turn in range(size.repeats):
        for contender in [one for one in chosen if turn == 0 or not one.slow]:
            try:
                few, many = _runs(contender, broker, size)
            except (Incomplete, RuntimeError, AssertionError) as error:
                chosen.remove(contender)
                yield Failure(contender.name, str(error))
                continue
            yield few
            yield many
            slope = steady_state(few, many)
            if slope is not None:
                slopes.setdefault(contender.name, []).append(slope)
    yield from map(middle, slopes.values())


def _runs(contender: Contender, broker: Broker, size: Size) -> tuple[Measurement, Measurement]:
    small, large = (size.slow_small, size.slow_large) if contender.slow else (size.small, size.large)
    return contender.run(broker, EventSet(small)), contender.run(broker, EventSet(large))
