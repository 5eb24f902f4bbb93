"""The number a relay puts on a record, as headers: which producer, and which of its records on this partition."""

from shared.eventlog.port import Headers, Record
from shared.runtime.progress import Delivery

PRODUCER_HEADER = "andon-producer"
SEQUENCE_HEADER = "andon-sequence"


def delivery_headers(producer: str, sequence: int) -> Headers:
    """The two headers a relay adds."""
    return ((PRODUCER_HEADER, producer.encode()), (SEQUENCE_HEADER, str(sequence).encode()))


def delivery_of(record: Record) -> Delivery | None:
    """Read the number back; None for a record that no relay appended."""
    headers = dict(record.headers)
    producer, sequence = headers.get(PRODUCER_HEADER), headers.get(SEQUENCE_HEADER)
    if producer is None or sequence is None or not sequence.isdigit():
        return None
    return Delivery(
        producer=producer.decode(errors="replace"),
        topic=record.partition.topic,
        partition=record.partition.number,
        sequence=int(sequence),
    )
