"""Names of topics as a subscription gives them: exact, or a beginning followed by `*`."""

from collections.abc import Sequence


def is_pattern(name: str) -> bool:
    """Whether `name` stands for every topic with that beginning."""
    return name.endswith("*")


def is_subscribed(topic: str, names: Sequence[str]) -> bool:
    """Whether one of the names of a subscription covers `topic`."""
    return any(topic.startswith(name[:-1]) if is_pattern(name) else topic == name for name in names)
