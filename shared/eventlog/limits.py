"""How large a record may be, the same for every adapter."""

from shared.eventlog.port import MAX_RECORD_BYTES, NewRecord, RecordTooLarge

MAX_ENVELOPE_BYTES = 512 * 1024
"""The largest key and headers of one record, together."""

MAX_MESSAGE_BYTES = MAX_RECORD_BYTES + 2 * MAX_ENVELOPE_BYTES
"""The largest batch a broker has to take: one record, its envelope, and the broker's own framing."""


def check_size(record: NewRecord) -> None:
    """Raises RecordTooLarge for a record that no adapter takes."""
    if len(record.value) > MAX_RECORD_BYTES:
        raise RecordTooLarge(f"a value of {len(record.value)} bytes for {record.topic}: {MAX_RECORD_BYTES} is the most")
    envelope = len(record.key or b"")
    for name, value in record.headers:
        envelope += len(name) + len(value)
    if envelope > MAX_ENVELOPE_BYTES:
        raise RecordTooLarge(
            f"{envelope} bytes of key and headers for {record.topic}: {MAX_ENVELOPE_BYTES} is the most"
        )
