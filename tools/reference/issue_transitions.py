"""The workflow of an issue and of its parts, from the tables that the code runs by."""

from collections.abc import Iterator, Mapping

from services.issues.domain.cause_statement import CAUSE_TABLE
from services.issues.domain.corrective_action import ACTION_TABLE
from services.issues.domain.issue import State
from services.issues.domain.part import Step
from services.issues.domain.workflow import HUMAN_TRIGGERS, TABLE, Transition, Way
from tools.reference.document import Document, markdown, table

PATH = "docs/reference/issue-transitions.md"
_INTRODUCTION = (
    "A trigger is called as `POST /v1/issues/{id}/{trigger}`, with what its guards ask for as JSON. Where one trigger has several "
    "rows in a state, the first whose guards all hold is taken. A trigger marked ⚙ is applied by the service itself. `owner` is "
    "the owner of the issue, whichever role that person holds. A refusal answers 409 with the guard's name, what is missing, and "
    "the triggers that are open; the wrong role 403; an `If-Match` that is not the issue's version 412."
)
_OF_PARTS = (
    "Called as `POST /v1/issues/{id}/{actions or causes}/{part}/{trigger}`. `action_owner` is the owner of that action."
)


def documents() -> Iterator[Document]:
    heading = ("from", "trigger", "who", "guards", "to", "published")
    order = {state: number for number, state in enumerate(State)}
    rows = [
        _row(state, trigger, transition=transition, way=way)
        for (state, trigger), transition in sorted(TABLE.items(), key=lambda row: (order[row[0][0]], row[0][1]))
        for way in transition.ways
    ]
    blocks = [
        _INTRODUCTION,
        table(heading, rows),
        "## Actions",
        _OF_PARTS,
        _parts(ACTION_TABLE),
        "## Causes",
        _parts(CAUSE_TABLE),
    ]
    yield markdown(PATH, "Transitions of an issue", *blocks)


def _row(state: State, trigger: str, *, transition: Transition, way: Way) -> tuple[str, ...]:
    mark = "" if trigger in HUMAN_TRIGGERS else "⚙ "
    guards = ", ".join(f"`{guard.__name__}`" for guard in way.guards) or "–"
    to = "the state before the hold" if way.resumes else f"`{way.to}`" if way.to else "same"
    cycle = ", cycle + 1" if way.next_cycle else ""
    who = ", ".join(sorted(transition.roles))
    return f"`{state}`", f"{mark}`{trigger}`", who, guards, to + cycle, f"`{way.change}`"


def _parts(steps: Mapping[str, Step]) -> str:
    rows = [
        (
            ", ".join(f"`{state}`" for state in step.froms),
            f"`{trigger}`",
            ", ".join(step.roles),
            ", ".join(f"`{name}`" for name in step.needs) or "–",
            f"`{step.to}`" if step.to else "same" if trigger != "unblock" else "the state before the block",
            f"`{step.change}`",
        )
        for trigger, step in steps.items()
    ]
    return table(("from", "trigger", "who", "needs", "to", "published"), rows)
