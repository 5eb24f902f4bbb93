"""What all parts of a state are: numbers, and tables of numbers by hour, that can be written as bytes and read again at once.

A table stays bytes: a point touches two of its hours, and turning 168 into objects and back would cost more than judging it.
"""

from msgspec import Struct


class Part(Struct, array_like=True, gc=False):
    """Written as its values in order, without names; nothing is rounded."""
