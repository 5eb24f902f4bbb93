"""One run from an empty folder to the comparison."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crash.campaign import Campaign, Struck
from crash.comparison import Difference, Result, compare
from crash.installations import Site
from crash.observation import observed
from crash.people import People
from crash.plan import Strike
from crash.plant import GOALS
from crash.reference import Sent, expected
from crash.sender import Sender
from crash.stream import Stream

SETTLES_WITHIN_SECONDS = 240.0
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to. `accepted` counts events by identity, `sent` every copy that was acknowledged."""

    log: str
    seed: int
    kills: int
    struck: Sequence[Struck]
    batches: int
    accepted: int
    released: int
    statuses: dict[int, int]
    result: Result
    difference: Difference
    seconds: float

    @property
    def failures(self) -> list[str]:
        return [f"{one.strike}: {one.failed}" for one in self.struck if one.failed]

    @property
    def is_good(self) -> bool:
        return self.difference.is_none and not self.failures


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run."""

    seed: int
    plan: Sequence[Strike]
    pause_seconds: float = 0.1


def run(site: Site, order: Order, tell: Callable[[Struck], None]) -> Report:
    """Define, send, strike, settle, compare. The site is ready when it begins, and when it ends."""
    started = time.monotonic()
    raw = site.raw
    url = site.http.processes["ingest"].url
    sender = Sender(
        Stream(order.seed), url, deliver=None if raw is None else raw.deliver, pause_seconds=order.pause_seconds
    )
    people = People(site, sender.sent)
    people.define()
    first, second = GOALS
    people.pursue(first)
    sender.start()
    campaign = Campaign(site, sender, people)
    campaign.run(order.plan, at_half=lambda: people.pursue(second), tell=tell)
    site.wait_until_ready()
    sent = sender.end()
    people.mend_all()
    result, difference = _settled(site, people, sent)
    return Report(
        log=site.log,
        seed=order.seed,
        kills=campaign.kills,
        struck=campaign.struck,
        batches=sender.batches,
        accepted=len(sent.counted),
        released=len(sent.released),
        statuses=dict(sender.statuses),
        result=result,
        difference=difference,
        seconds=time.monotonic() - started,
    )


def _settled(site: Site, people: People, sent: Sent) -> tuple[Result, Difference]:
    """Look until nothing differs, or until the time is over; the last look counts."""
    judged = [period for period in people.goal_sets.values() if period in GOALS]
    wanted = expected(sent, judged)
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while True:
        seen = observed(site.http.get, people.goal_sets)
        difference = compare(seen, wanted)
        if difference.is_none or time.monotonic() > deadline:
            return seen, difference
        time.sleep(_LOOK_EVERY_SECONDS)
