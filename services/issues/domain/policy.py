"""The policy: priorities, deadlines, limits and escalation, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.calendars.working_time import WorkingTime, parse_working_time


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy; see `policies/default.yaml` for what each part means."""

    version: int
    severities: Sequence[str]
    likelihoods: Sequence[str]
    likelihood_until_triage: str
    priorities: Mapping[str, Sequence[str]]
    deadlines: Mapping[str, Mapping[str, WorkingTime]]
    containment_required_from: str
    correction_severities: Sequence[str]
    correction_priorities: Sequence[str]
    severity_raise_proposed_at_occurrences: int
    hold_max_days: int
    overdue_escalation: Mapping[int, Sequence[str]]
    sustain_days: Sequence[int]
    fallback_owner: str

    def priority(self, severity: str, likelihood: str) -> str:
        """Severity × likelihood."""
        return self.priorities[severity][self.likelihoods.index(likelihood)]

    def is_at_least(self, severity: str, other: str) -> bool:
        """Whether `severity` is as grave as `other`, or graver."""
        return self.severities.index(severity) >= self.severities.index(other)

    def raised(self, severity: str) -> str:
        """One level graver, at most the gravest."""
        return self.severities[min(self.severities.index(severity) + 1, len(self.severities) - 1)]

    def told_at(self, level: int) -> Sequence[str]:
        """Who is told that something is `level` working days late: those of this level after those of earlier ones."""
        return [role for days, roles in sorted(self.overdue_escalation.items()) if days <= level for role in roles]


@dataclass(frozen=True, slots=True)
class Policies:
    """Every version that an issue may have started with; the newest is in force."""

    versions: Mapping[int, Policy]

    @property
    def in_force(self) -> Policy:
        return self.versions[max(self.versions)]

    def of(self, version: int) -> Policy:
        """The version that a case started with. Raises KeyError for one that was never shipped."""
        return self.versions[version]


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Read the form of `policies/default.yaml`. Raises KeyError, ValueError."""
    limits = document["limits"]
    return Policy(
        version=int(document["version"]),
        severities=tuple(document["severities"]),
        likelihoods=tuple(document["likelihoods"]),
        likelihood_until_triage=document["likelihood_until_triage"],
        priorities=document["priority"],
        deadlines={
            priority: {clock: parse_working_time(text) for clock, text in clocks.items()}
            for priority, clocks in document["deadlines"].items()
        },
        containment_required_from=document["containment_required_from"],
        correction_severities=tuple(document["correction_only"]["severities"]),
        correction_priorities=tuple(document["correction_only"]["priorities"]),
        severity_raise_proposed_at_occurrences=int(limits["severity_raise_proposed_at_occurrences"]),
        hold_max_days=int(limits["hold_max_days"]),
        overdue_escalation={int(days): tuple(roles) for days, roles in document["overdue_escalation"].items()},
        sustain_days=tuple(document["sustain_days"]),
        fallback_owner=document["fallback_owner"],
    )
