"""How far a consumer has come: the piece of a batch that commits with the state the batch produced."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One partition moves from `expected_offset` to `next_offset`.

    An offset names the *next* record to read. The unit of work writes `next_offset` only where `expected_offset` still
    stands in the database, so a consumer that has lost its partition meanwhile cannot write.
    """

    consumer: str
    topic: str
    partition: int
    expected_offset: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The number a relay gave to one record: contiguous per (producer, topic, partition), starting at 1."""

    producer: str
    topic: str
    partition: int
    sequence: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A record that its consumer has no use for. It is accepted like the others, so that the numbers show no gap."""

    delivery: Delivery | None
