"""The form in which the contenders' own programs publish: JSON with the subject, the window's start and a count."""

from datetime import UTC, datetime

import msgspec

from benchmarks.final_values import Counted, Read, json_reader


class _Result(msgspec.Struct):
    subject: str
    starts: int
    """Milliseconds since 1970, UTC."""
    count: int


def read_epoch_results() -> Read:
    return json_reader(_Result, _counted)


def _counted(result: _Result) -> Counted:
    return Counted(result.subject, datetime.fromtimestamp(result.starts / 1000, UTC), result.count)
