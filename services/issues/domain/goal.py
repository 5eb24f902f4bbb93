"""What issues remember of goals: enough to link an issue to the goal whose miss it is about."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as goals has told of it. `active` while its set is judged."""

    id: str
    goal_set: str
    name: str
    indicator: str
    subject: Mapping[str, str]
    active: bool
