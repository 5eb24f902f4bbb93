"""Which services a process runs: target name → its settings and how to build it. The only module that knows all four."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics import bootstrap as analytics
from services.goals import bootstrap as goals
from services.ingest import bootstrap as ingest
from services.issues import bootstrap as issues
from shared.process.platform import Platform
from shared.process.service import Service
from shared.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """One service as a process sees it before it is built."""

    settings: type[Settings]
    build: Callable[[Any, Platform], Service]


TARGETS: Mapping[str, Target] = {
    "ingest": Target(ingest.IngestSettings, ingest.build),
    "analytics": Target(analytics.AnalyticsSettings, analytics.build),
    "issues": Target(issues.IssuesSettings, issues.build),
    "goals": Target(goals.GoalsSettings, goals.build),
}

ALL = tuple(TARGETS)


class UnknownTarget(Exception):
    """There is no service of this name."""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The services that are meant, in the order in which they start; none named, or `all`, means all four.

    Raises:
        UnknownTarget: naming those that there are.
    """
    unknown = [name for name in names if name not in (*ALL, "all")]
    if unknown:
        raise UnknownTarget(f"there is no service {unknown[0]!r}; choose from {', '.join(ALL)}, or all")
    return ALL if not names or "all" in names else tuple(name for name in ALL if name in names)


def build_service(name: str, platform: Platform) -> Service:
    """Read the service's settings from the environment and build it. Raises InvalidSettings."""
    target = TARGETS[name]
    return target.build(target.settings.read(), platform)
