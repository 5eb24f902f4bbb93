"""The policy as it is shipped."""

from importlib.resources import files

import yaml

from services.issues.domain.policy import Policy, read_policy


def shipped_policy() -> Policy:
    """Reads `policies/default.yaml` of this package."""
    text = (files("services.issues") / "policies" / "default.yaml").read_text(encoding="utf-8")
    return read_policy(yaml.safe_load(text))
