"""The two ways from detected to closed, as people walk them over HTTP."""

from datetime import timedelta
from typing import Any

from tests.service.issues.alone import MANAGER, OWNER, SECOND_MANAGER, START, STATISTICIAN, WORKER, Alone

DUE = (START + timedelta(days=14)).isoformat()
PROBLEM = {"what": "first-pass yield of line A fell", "where": "line A", "when": "weeks 46 and 47"}
EVIDENCE = "0.941 (941 of 1000) before, 0.973 (973 of 1000) after"


class Walk:
    """One issue on its way."""

    def __init__(self, andon: Alone, issue_id: str) -> None:
        self.andon = andon
        self.id = issue_id

    def shown(self) -> dict[str, Any]:
        return self.andon.get(f"issues/{self.id}")

    def take(self, trigger: str, actor: str = OWNER, **facts: Any) -> dict[str, Any]:
        return self.andon.post(f"issues/{self.id}/{trigger}", facts, actor=actor)

    def act(self, kind: str, **facts: Any) -> str:
        """Draft an action and return its id."""
        body = {"kind": kind, "content": "Add 50 boundary test cases", **facts}
        self.andon.post(f"issues/{self.id}/actions", body, expect=201, actor=OWNER)
        drafted: str = self.shown()["actions"][-1]["id"]
        return drafted

    def on_action(self, action: str, trigger: str, actor: str, **facts: Any) -> dict[str, Any]:
        return self.andon.post(f"issues/{self.id}/actions/{action}/{trigger}", facts, actor=actor)

    def done(self, action: str) -> None:
        """Carry out a planned action; somebody else verifies it."""
        self.on_action(action, "start", WORKER)
        self.on_action(action, "note-progress", WORKER, text="20 of 50", done_quantity=20)
        self.on_action(action, "report-implemented", WORKER, evidence="run 812", done_quantity=50)
        self.on_action(action, "verify", STATISTICIAN, result="seen on the line")

    def correct(self) -> None:
        """The short path up to the closure's review."""
        self.take("accept", MANAGER, owner="Chen Jie")
        self.take("classify-correction", problem=PROBLEM)
        correction = self.act("correction")
        self.on_action(correction, "assign", OWNER, owner="Wu Gang", due_at=DUE)
        self.done(correction)
        self.take("confirm-correction")

    def contain(self) -> None:
        self.take("accept", MANAGER, owner="Chen Jie")
        containment = self.act("containment")
        self.take("classify-capa", problem=PROBLEM)
        self.on_action(containment, "assign", OWNER, owner="Wu Gang", due_at=DUE)
        self.done(containment)
        self.take("confirm-containment", extent="line A, 120 pieces, all sorted")

    def analyse(self) -> str:
        """Two causes, one refuted; the root's id."""
        for text in ("The test cases have gaps", "The gauge is worn"):
            body = {"text": text, "branch": "method", "root": True}
            self.andon.post(f"issues/{self.id}/causes", body, expect=201, actor=OWNER)
        root, refuted = (cause["id"] for cause in self.shown()["causes"])
        checked = {"method": "trial run", "evidence": "run 813"}
        self.andon.post(f"issues/{self.id}/causes/{root}/verify", checked, actor=STATISTICIAN)
        self.andon.post(f"issues/{self.id}/causes/{refuted}/refute", checked, actor=STATISTICIAN)
        self.take("complete-analysis", method="five_whys", no_escape_cause="the inspection found it")
        return str(root)

    def plan(self, root: str) -> str:
        """A plan with one action, submitted and approved; the action's id."""
        effect = "first-pass yield back above 0.95"
        action = self.act(
            "corrective", owner="Wu Gang", due_at=DUE, expected_effect=effect, causes=[root], target_quantity=50
        )
        self.take("submit-plan")
        self.take("vote-approve", MANAGER)
        return action

    def judge(self, verdict: str) -> dict[str, Any]:
        self.take("begin-review", STATISTICIAN)
        return self.take("confirm-verdict", STATISTICIAN, verdict=verdict, evidence=EVIDENCE)

    def cure(self) -> None:
        """The long path up to the closure's review."""
        self.contain()
        self.done(self.plan(self.analyse()))
        self.judge("effective")
        self.take("complete-standardisation", standard="procedure 7.4, version 3, 2026-12-01")

    def close(self) -> dict[str, Any]:
        return self.take("sign-closure", SECOND_MANAGER)
