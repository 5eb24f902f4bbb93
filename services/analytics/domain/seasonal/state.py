"""What the detector remembers of one series: a few hundred numbers, whatever its length."""

import msgspec

from services.analytics.domain.seasonal.departures import Departures
from services.analytics.domain.seasonal.expectation import Expectation
from services.analytics.domain.seasonal.part import Part
from services.analytics.domain.seasonal.restraint import Restraint


class SeasonalState(Part):
    """Of one series; new ones know nothing."""

    points: float = 0.0
    last_time: float = 0.0
    expectation: Expectation = msgspec.field(default_factory=Expectation)
    departures: Departures = msgspec.field(default_factory=Departures)
    restraint: Restraint = msgspec.field(default_factory=Restraint)

    def packed(self) -> bytes:
        """Always as many bytes; nothing is rounded."""
        return _ENCODER.encode(self)

    @staticmethod
    def unpacked(packed: bytes) -> "SeasonalState":
        """The inverse of `packed`: goes on exactly as the first would have.

        Raises:
            ValueError: it is no state; the series must be learned anew.
        """
        try:
            return _DECODER.decode(packed)
        except msgspec.DecodeError as error:
            raise ValueError(f"what was kept of a series is no state ({error}); learn the series anew") from error


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(SeasonalState)
