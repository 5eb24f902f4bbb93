"""Events that are written plainly, read byte by byte: slow as Python, and a tenth of a microsecond an event as machine code.

`services/ingest/adapters/compiled_scan.py` compiles what stands here. So it keeps to numbers and arrays, and everything that the code
depends on is in this file, by which the compiled code that is kept on disk is known to be current.

What is plain is read just as msgspec reads it. Not plain, and not wrong for it, is whatever is rare and takes much to read exactly: a
backslash in a text that is read, one that is empty or long, a number with an exponent or of more than fifteen digits, a field that
stands twice.

Positions are unsigned: of a signed one the compiler would ask at each byte whether it counts from the end. Byte 0 of the text, and the
one after each event, is a newline. Nothing passes over one, and what is not plain "ends" at byte 0: whoever reads on from there does
not get far.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float64]
Moments = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


def _unsigned(number: int) -> int:
    return cast("int", np.uint64(number))


_ZERO, _ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX, _SEVEN, _EIGHT = map(_unsigned, range(9))
_NOWHERE = _ZERO

# What is looked for: a table with a row for each field, and for each text that may stand in one. Its columns:
BEGINS, LENGTH, KIND, PLACE, FIRST, LAST, PARENT, REQUIRED, SEEN = map(_unsigned, range(9))
# `BEGINS` and `LENGTH`: where in the text its name stands. `FIRST` to `LAST`: the rows of the fields in it, or of the texts it may be.
# `PLACE`: of a text, where in `texts` the next one goes; of a number, its row of `numbers`. `REQUIRED`: 1 or 0; of the root, how many are.
# `SEEN`: the number of the event, from 1, in which the field was last met; of the root, of the event being read.

ROOT, UNREAD_FIELD, WORDS = map(_unsigned, range(3))
"""The first rows: the event itself, its `PLACE` where the first one begins; any field that is not read; of which the words of JSON are the names."""

UNREAD, OBJECT, ONE_OF, NUMBER, TEXT, SCALAR, TIME = range(7)
"""`KIND`; from `TEXT` on it is kept as text. A scalar is a text, a whole number or a truth value."""

NO_TIME = -(2**63)
"""Of a time that is written in another way than RFC 3339 has it, or with a finer fraction than microseconds."""

_MOST_DIGITS = _unsigned(15)
"""So many are exact in a float64, as are the powers of ten below: a division of the two is rounded once, as it should be."""
_POWERS = np.array([10.0**exponent for exponent in range(16)])
_MOST_TEXT_BYTES = _unsigned(500)
"""No text that is kept has more, nor none, nor a byte below the blank: whatever `checks.py` asks of ids and dimensions is so."""
_MOST_DEPTH = _unsigned(32)
_DATE_LENGTH = _unsigned(len("2026-01-31"))
_SHORTEST_TIME = _unsigned(len("2026-01-31T09:30:00Z"))
_DAYS_TO_1970 = 719_468
"""Since 1 March of the year 0."""
_NO_NUMBER = -10_000

_QUOTE, _BACKSLASH, _COMMA, _COLON, _OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = b'"\\,:{}[]'
_MINUS, _PLUS, _POINT, _SPACE, _TAB, _RETURN, _NEWLINE, _A, _Z, _EXPONENT = b"-+. \t\r\naze"
_LARGE_EXPONENT = ord("E")
_DIGIT_ZERO = np.uint8(ord("0"))
_MAY_BE_ESCAPED = np.isin(np.arange(256), np.frombuffer(b'"\\/bfnrt', dtype=np.uint8))


def scan(text: Bytes, ends: Rows, rows: Rows, texts: Bytes, numbers: Numbers, times: Moments, plain: Marks) -> None:
    """Read events, one after the other.

    Args:
        text: a newline, the names, a newline, and events with a newline after each.
        ends: where each event ends.
        rows: what is looked for; changed.
        texts: takes what is read as text, a newline after each, empty or nonsense where an event is not plain.
        numbers: takes a column of numbers for each event; left alone where there is none, nonsense where an event is not plain.
        times: takes the time of each event, in microseconds since 1970, or `NO_TIME`; left alone where there is none.
        plain: takes which events are plain.
    """
    at = rows[ROOT, PLACE]
    for number in range(np.uint64(len(ends))):
        rows[ROOT, SEEN] = number + _ONE
        plain[number] = _event_end(text, at, rows, texts, numbers, times) == ends[number]
        if not plain[number]:
            _fill_up(rows, texts)
        at = ends[number] + _ONE


def _fill_up(rows: Rows, texts: Bytes) -> None:
    """An event that is not plain has a text in each column too, so that they stay of one length."""
    for field in range(np.uint64(len(rows))):
        if rows[field, KIND] >= TEXT and rows[field, SEEN] != rows[ROOT, SEEN]:
            _close_text(rows, field, texts)


def _event_end(text: Bytes, at: int, rows: Rows, texts: Bytes, numbers: Numbers, times: Moments) -> int:
    if text[at] != _OPEN:
        return _NOWHERE
    at = _past_blanks(text, at + _ONE)
    parent, missing = ROOT, rows[ROOT, REQUIRED]
    while True:
        begins, after = at + _ONE, _key_end(text, at)
        at = _past_colon(text, after)
        if at == _NOWHERE:
            return _NOWHERE
        field = _named(text, begins, after, rows, parent)
        if field != UNREAD_FIELD and rows[field, SEEN] == rows[ROOT, SEEN]:
            return _NOWHERE
        missing -= rows[field, REQUIRED]
        if rows[field, KIND] == OBJECT and text[at] == _OPEN:
            rows[field, SEEN] = rows[ROOT, SEEN]
            at = _past_blanks(text, at + _ONE)
            parent = field
            continue
        at = _past_blanks(text, _value_end(text, at, rows, field, texts, numbers, times))
        while text[at] == _CLOSE:
            at = _past_blanks(text, at + _ONE)
            if parent == ROOT:
                return at if missing == _ZERO else _NOWHERE
            parent = rows[parent, PARENT]
        if text[at] != _COMMA:
            return _NOWHERE
        at = _past_blanks(text, at + _ONE)


def _value_end(text: Bytes, at: int, rows: Rows, field: int, texts: Bytes, numbers: Numbers, times: Moments) -> int:
    """Where the value of a field ends. What is read of it is put where it belongs, and the field is marked as seen."""
    kind = rows[field, KIND]
    if kind == UNREAD:
        return _unread_end(text, at, rows)
    if kind == NUMBER:
        return _number(text, at, rows, field, numbers)
    if text[at] == _QUOTE:
        end = _text_end(text, at + _ONE)
        if kind == ONE_OF:
            rows[field, SEEN] = rows[ROOT, SEEN]
            return end if _named(text, at + _ONE, end, rows, field) != UNREAD_FIELD else _NOWHERE
        if kind == TIME and end != _NOWHERE:
            times[rows[ROOT, SEEN] - _ONE] = _moment(text, at + _ONE, end - _ONE)
        if (
            kind >= TEXT and end != _NOWHERE and end - at - _THREE < _MOST_TEXT_BYTES
        ):  # unsigned: less than none is more
            _copy(text, at + _ONE, end - _ONE, rows, field, texts)
            return end
    elif kind == SCALAR:
        end = _whole_end(text, at) if text[at] < _A else _truth_end(text, at, rows)
        if end != _NOWHERE:
            _copy(text, at, end, rows, field, texts)
        return end
    return _NOWHERE


def _copy(text: Bytes, begins: int, ends: int, rows: Rows, field: int, texts: Bytes) -> None:
    place = rows[field, PLACE]
    length = ends - begins
    for number in range(length):
        texts[place + number] = text[begins + number]
    rows[field, PLACE] = place + length
    _close_text(rows, field, texts)
    rows[field, SEEN] = rows[ROOT, SEEN]


def _close_text(rows: Rows, field: int, texts: Bytes) -> None:
    texts[rows[field, PLACE]] = _NEWLINE
    rows[field, PLACE] += _ONE


def _number(text: Bytes, at: int, rows: Rows, field: int, numbers: Numbers) -> int:
    if text[at] == ord("n") and rows[field, REQUIRED] == _ZERO:
        return _word_end(text, at, rows)
    end = _number_end(text, at)
    is_negative = text[at] == _MINUS
    if is_negative:
        at += _ONE
    digits, point = 0, end
    if end - at > _MOST_DIGITS:  # or nowhere
        return _NOWHERE
    for place in range(at, end):
        if text[place] == _POINT:
            point = place + _ONE
        elif text[place] - _DIGIT_ZERO <= 9:
            digits = digits * 10 + _digit(text, place)
        else:
            return _NOWHERE
    number = np.float64(digits) / _POWERS[end - point]
    if is_negative:
        if digits == 0:
            return _NOWHERE
        number = -number
    numbers[rows[field, PLACE], rows[ROOT, SEEN] - _ONE] = number
    rows[field, SEEN] = rows[ROOT, SEEN]
    return end


def _moment(text: Bytes, at: int, end: int) -> int:
    """The time in 2026-01-31T09:30:00Z, with up to six digits after a point, in UTC or with an offset as +01:00; else `NO_TIME`."""
    if end - at < _SHORTEST_TIME or text[at + _DATE_LENGTH] != ord("T"):
        return NO_TIME
    days, seconds = _days(text, at), _seconds(text, at + _DATE_LENGTH + _ONE)
    at += _SHORTEST_TIME - _ONE
    microseconds, unit = 0, 1_000_000
    if text[at] == _POINT:
        at += _ONE
        while text[at] - _DIGIT_ZERO <= 9 and unit > 0:
            unit //= 10
            microseconds += _digit(text, at) * unit
            at += _ONE
    if unit == 1_000_000 and text[at - _ONE] == _POINT:
        return NO_TIME
    offset = 0
    if text[at] != ord("Z") or at + _ONE != end:
        offset = _offset(text, at, end)
    if unit == 0 or NO_TIME in (days, seconds, offset):
        return NO_TIME
    return (days * 86_400 + seconds - offset) * 1_000_000 + microseconds


def _days(text: Bytes, at: int) -> int:
    """Since 1970, of the Gregorian calendar. Counted in years that begin with March, so that the leap day is the last."""
    year = _pair(text, at) * 100 + _pair(text, at + _TWO)
    month, day = _pair(text, at + _FIVE), _pair(text, at + _EIGHT)
    if text[at + _FOUR] != _MINUS or text[at + _SEVEN] != _MINUS or year < 0 or not 1 <= month <= 12:
        return NO_TIME
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 + (month + month // 8) % 2 if month != 2 else 28 + is_leap
    if not 1 <= day <= longest:
        return NO_TIME
    march_year = year if month > 2 else year - 1
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return march_year * 365 + march_year // 4 - march_year // 100 + march_year // 400 + of_year - _DAYS_TO_1970


def _seconds(text: Bytes, at: int) -> int:
    """Since midnight."""
    hour, minute, second = _pair(text, at), _pair(text, at + _THREE), _pair(text, at + _SIX)
    if text[at + _TWO] != _COLON or text[at + _FIVE] != _COLON:
        return NO_TIME
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 59:
        return NO_TIME
    return (hour * 60 + minute) * 60 + second


def _offset(text: Bytes, at: int, end: int) -> int:
    """In seconds, what local time is ahead of UTC."""
    if end - at != _SIX or (text[at] != _PLUS and text[at] != _MINUS) or text[at + _THREE] != _COLON:
        return NO_TIME
    hours, minutes = _pair(text, at + _ONE), _pair(text, at + _FOUR)
    if not 0 <= hours <= 23 or not 0 <= minutes <= 59:
        return NO_TIME
    seconds = (hours * 60 + minutes) * 60
    return -seconds if text[at] == _MINUS else seconds


def _pair(text: Bytes, at: int) -> int:
    """The number of two digits; so far below zero that no sum with it is a number of anything, where one is no digit."""
    tens, ones = _digit(text, at), _digit(text, at + _ONE)
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else _NO_NUMBER


def _digit(text: Bytes, at: int) -> Any:
    """Its number, which may be subtracted from; below 0 or above 9 where it is no digit: compiled code has no numbers of eight bits."""
    return np.int64(text[at] - _DIGIT_ZERO)


def _named(text: Bytes, begins: int, after: int, rows: Rows, parent: int) -> int:
    """Which of a row's names is the text whose closing quote stands before `after`; the unread field for none."""
    length = after - begins - _ONE
    for row in range(rows[parent, FIRST], rows[parent, LAST]):
        if rows[row, LENGTH] == length and _are_same(text, begins, rows[row, BEGINS], length):
            return row
    return UNREAD_FIELD


def _are_same(text: Bytes, one: int, other: int, length: int) -> bool:
    """Without a way out in the middle, many bytes are compared at a time."""
    difference = np.uint8(0)
    for number in range(length):
        difference |= text[one + number] ^ text[other + number]
    return bool(difference == 0)


def _unread_end(text: Bytes, at: int, rows: Rows) -> int:
    """Where a value ends that is not read: it may be anything that is JSON."""
    lists, depth = _ZERO, _ZERO  # a bit for each thing that is open, the innermost the lowest: whether it is a list
    while True:
        if text[at] == _OPEN or text[at] == _OPEN_LIST:
            if depth == _MOST_DEPTH:
                return _NOWHERE
            depth += _ONE
            lists = lists << _ONE | (_ONE if text[at] == _OPEN_LIST else _ZERO)
            at = _past_blanks(text, at + _ONE)
            if text[at] != _closing(lists):
                at = at if lists & _ONE else _past_colon(text, _key_end(text, at))
                continue
        else:
            at = _past_blanks(text, _simple_end(text, at, rows))
        while depth != _ZERO and text[at] == _closing(lists):
            depth -= _ONE
            lists >>= _ONE
            at = _past_blanks(text, at + _ONE)
        if depth == _ZERO:
            return at
        if text[at] != _COMMA:
            return _NOWHERE
        at = _past_blanks(text, at + _ONE)
        at = at if lists & _ONE else _past_colon(text, _key_end(text, at))


def _closing(lists: int) -> int:
    return _CLOSE_LIST if lists & _ONE else _CLOSE


def _key_end(text: Bytes, at: int) -> int:
    return _text_end(text, at + _ONE) if text[at] == _QUOTE else _NOWHERE


def _past_colon(text: Bytes, at: int) -> int:
    """Where the value begins whose key ends here."""
    at = _past_blanks(text, at)
    return _past_blanks(text, at + _ONE) if text[at] == _COLON else _NOWHERE


def _simple_end(text: Bytes, at: int, rows: Rows) -> int:
    if text[at] == _QUOTE:
        return _escaped_text_end(text, at + _ONE)
    return _number_end(text, at) if text[at] < _A else _word_end(text, at, rows)


def _past_blanks(text: Bytes, at: int) -> int:
    while text[at] == _SPACE or text[at] == _TAB or text[at] == _RETURN:
        at += _ONE
    return at


def _text_end(text: Bytes, at: int) -> int:
    """Behind the closing quote."""
    while text[at] != _QUOTE:
        if text[at] < _SPACE or text[at] == _BACKSLASH:
            return _NOWHERE
        at += _ONE
    return at + _ONE


def _escaped_text_end(text: Bytes, at: int) -> int:
    while text[at] != _QUOTE:
        if text[at] == _BACKSLASH:
            at += _ONE
            if not _MAY_BE_ESCAPED[text[at]]:
                return _NOWHERE
        elif text[at] < _SPACE:
            return _NOWHERE
        at += _ONE
    return at + _ONE


def _word_end(text: Bytes, at: int, rows: Rows) -> int:
    end = at
    while _A <= text[end] <= _Z:
        end += _ONE
    return end if _named(text, at, end + _ONE, rows, WORDS) != UNREAD_FIELD else _NOWHERE


def _truth_end(text: Bytes, at: int, rows: Rows) -> int:
    return _word_end(text, at, rows) if text[at] != ord("n") else _NOWHERE


def _whole_end(text: Bytes, at: int) -> int:
    """Of a whole number that is written as it would be written again."""
    begins = at + _ONE if text[at] == _MINUS else at
    end = _digits_end(text, begins)
    is_same = text[begins] != _DIGIT_ZERO or (begins == at and end - begins == _ONE)
    return end if is_same and _number_end(text, at) == end and end - begins <= _MOST_DIGITS else _NOWHERE


def _number_end(text: Bytes, at: int) -> int:
    if text[at] == _MINUS:
        at += _ONE
    begins, at = at, _digits_end(text, at)
    if at == begins or (text[begins] == _DIGIT_ZERO and at - begins > _ONE):
        return _NOWHERE
    if text[at] == _POINT:
        begins, at = at + _ONE, _digits_end(text, at + _ONE)
        if at == begins:
            return _NOWHERE
    if text[at] == _EXPONENT or text[at] == _LARGE_EXPONENT:
        begins = at + _ONE
        if text[begins] == _PLUS or text[begins] == _MINUS:
            begins += _ONE
        at = _digits_end(text, begins)
        if at == begins:
            return _NOWHERE
    return at


def _digits_end(text: Bytes, at: int) -> int:
    while text[at] - _DIGIT_ZERO <= 9:  # unsigned: what is less than the digit 0 is above 9 too
        at += _ONE
    return at
