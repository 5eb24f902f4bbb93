"""From a thousand to a million subjects: what an event costs when the same number of them is spread over more and more subjects.

All events lie in one hour, so that there is one window and one final value for each subject.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from benchmarks.andon import end_to_end
from benchmarks.broker import Broker
from benchmarks.contenders import kafka_streams
from benchmarks.event_set import EventSet
from benchmarks.final_values import Incomplete
from benchmarks.measurement import Failure, Measurement
from benchmarks.size import Size

PART = "subjects"


def measure(broker: Broker, size: Size) -> Iterator[Measurement | Failure]:
    for subjects in size.subjects:
        events = EventSet(size.subject_events, subjects=subjects, span=timedelta(hours=1))
        for name, run in (
            ("Andon, librdkafka", lambda broker, events: end_to_end.run(broker, events, "librdkafka")),
            ("Kafka Streams", kafka_streams.measure),
        ):
            try:
                yield replace(run(broker, events), part=PART)
            except (Incomplete, RuntimeError, AssertionError) as error:
                yield Failure(f"{name}, {subjects:,} subjects", str(error))
