"""How large a record may be, the same for every adapter."""

from collections.abc import Sequence

from shared.eventlog.port import MAX_RECORD_BYTES, NewRecord, RecordTooLarge

MAX_ENVELOPE_BYTES = 512 * 1024
"""The largest key and headers of one record, together."""

MAX_MESSAGE_BYTES = MAX_RECORD_BYTES + 2 * MAX_ENVELOPE_BYTES
"""The largest batch a broker has to take: one record, its envelope, and the broker's own framing."""


def check_sizes(records: Sequence[NewRecord]) -> None:
    """Raises RecordTooLarge for a record that no adapter takes."""
    for topic, value, key, _, headers in records:
        if len(value) > MAX_RECORD_BYTES:
            raise RecordTooLarge(f"a value of {len(value)} bytes for {topic}: {MAX_RECORD_BYTES} is the most")
        envelope = len(key or b"")
        for name, content in headers:
            envelope += len(name) + len(content)
        if envelope > MAX_ENVELOPE_BYTES:
            raise RecordTooLarge(f"{envelope} bytes of key and headers for {topic}: {MAX_ENVELOPE_BYTES} is the most")
