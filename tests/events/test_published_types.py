"""What the services publish is in the AsyncAPI document."""

from services.issues.domain.cause_statement import CAUSE_TABLE
from services.issues.domain.corrective_action import ACTION_TABLE
from services.issues.domain.workflow import TABLE
from shared.events.issue_changes import IssueChanged, issue_change_type
from tools.reference.asyncapi import contract_of

CHANGES = {
    *(way.change for transition in TABLE.values() for way in transition.ways),
    *(step.change for table in (ACTION_TABLE, CAUSE_TABLE) for step in table.values()),
}


def test_every_change_of_an_issue_is_published_as_one() -> None:
    assert len(CHANGES) > 30
    assert {change for change in CHANGES if contract_of(issue_change_type(change)) is not IssueChanged} == set()
