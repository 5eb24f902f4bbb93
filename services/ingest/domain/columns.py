"""The columns of a batch of events on their way to readings."""

INDEX = "index"
"""Position of the event in its batch."""
HAS_TIME = "has_time"
"""Whether a time was sent, readable or not."""
EVENT_ID = "event_id"
SOURCE = "source"
OBSERVED_AT = "observed_at"
REVISED_AT = "revised_at"
"""Of corrections and retractions only: when the source came to know better."""
REVISION_ID = "revision_id"
RETRACTED = "retracted"


def dimension(name: str) -> str:
    """The column of a dimension; the names of the published block (`shared.events.readings`)."""
    return f"dimension.{name}"


def measure(name: str) -> str:
    """The column of a measure."""
    return f"measure.{name}"
