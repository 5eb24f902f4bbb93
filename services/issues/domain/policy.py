"""The policy: priorities, deadlines and limits, as data."""

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


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Read the form of `policies/default.yaml`. Raises KeyError, ValueError."""
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
        severity_raise_proposed_at_occurrences=int(document["severity_raise_proposed_at_occurrences"]),
        hold_max_days=int(document["hold_max_days"]),
        sustain_days=tuple(document["sustain_days"]),
        fallback_owner=document["fallback_owner"],
    )
