"""The policies as they are shipped."""

from importlib.resources import files

import yaml

from services.issues.domain.policy import Policies, read_policy


def shipped_policies() -> Policies:
    """Reads `policies/*.yaml` of this package, one version each. Raises ValueError if two claim the same."""
    folder = files("services.issues") / "policies"
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    policies = [read_policy(yaml.safe_load(text)) for text in texts]
    versions = {policy.version: policy for policy in policies}
    if len(versions) != len(policies):
        raise ValueError("two files of services/issues/policies have the same version")
    return Policies(versions)
