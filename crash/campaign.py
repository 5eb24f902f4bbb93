"""Carries out a plan against an installation that is being sent to, and notes what each strike came to."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from crash import faults
from crash.installations import PROVISIONAL_EVERY_SECONDS, SESSION_SECONDS, Site
from crash.people import People, stimuli
from crash.plan import SERVICES_OF_STEP, Strike
from crash.sender import Sender

_STEP_PASSED_WITHIN_SECONDS = 90.0
_REPEATED_AFTER_SECONDS = 8.0
"""What people do for a step they do again if the step was not passed meanwhile."""
_REST_SECONDS = 2 * PROVISIONAL_EVERY_SECONDS
"""Nothing arrives for so long; half of it is enough for what has arrived to be worked off."""
_ACKNOWLEDGED_BETWEEN = 2
"""Batches between two strikes: whatever is struck, sending goes on."""
_GOES_ON_WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Struck:
    """What became of a strike. `failed` says what should have happened and did not; empty when all is well."""

    strike: Strike
    kills: int
    note: str = ""
    failed: str = ""


@dataclass
class Campaign:
    """One run. `people` and `sender` work on the same site."""

    site: Site
    sender: Sender
    people: People
    struck: list[Struck] = field(default_factory=list)
    _armed: Strike | None = None
    """The strike that its victim was started for ahead of time."""

    @property
    def kills(self) -> int:
        """SIGKILLs of Andon's own processes."""
        return sum(one.kills for one in self.struck)

    def run(self, plan: Sequence[Strike], *, at_half: Callable[[], None], tell: Callable[[Struck], None]) -> None:
        """Strike after strike; something is acknowledged between any two, unless the second was armed with the first."""
        for number, strike in enumerate(plan):
            if number == len(plan) // 2:
                at_half()
            self._start_what_ended(but=self._armed_for(strike))
            is_last_of_half = number + 1 in (len(plan) // 2, len(plan))
            done = self._strike(strike, None if is_last_of_half else plan[number + 1])
            if not done.failed and not self._goes_on():
                done = replace(done, failed=f"nothing acknowledged in {_GOES_ON_WITHIN_SECONDS:g} s")
            self.struck.append(done)
            tell(done)
            if done.failed:
                break
        self._armed = None

    def _strike(self, strike: Strike, following: Strike | None) -> Struck:
        if strike.kind == "moment":
            time.sleep(strike.seconds)
            self.site.processes[strike.victim].kill()
            self._start_again(strike.victim, following)
            return Struck(strike, kills=1)
        if strike.kind == "step":
            return self._at_step(strike, following)
        return self._fault(strike)

    def _at_step(self, strike: Strike, following: Strike | None) -> Struck:
        """Start the process armed, unless it is, and let happen what makes it pass the step."""
        process = self.site.processes[strike.victim]
        kills = 1
        if self._armed_for(strike) is None:
            process.kill()
            kills += 1
            self.site.start(strike.victim, f"{strike.step}:{strike.passing}")
        act = self._act(strike)
        with _repeated(act):
            code = process.ends_within(_STEP_PASSED_WITHIN_SECONDS)
            if code is None:
                process.kill()
            # People finish what they have begun, so nothing else may end the process until they have.
            self._start_again(strike.victim, following if act is None else None)
        failed = "" if code == -9 else f"not passed in {_STEP_PASSED_WITHIN_SECONDS:g} s (exit code {code})"
        return Struck(strike, kills, failed=failed)

    def _start_again(self, victim: str, following: Strike | None) -> None:
        """Start a process; armed for the strike to come if that is to hit it at a step, which saves a start."""
        ahead = following is not None and following.kind == "step" and following.victim == victim
        self._armed = following if ahead else None
        self.site.start(victim, f"{following.step}:{following.passing}" if ahead and following is not None else "")

    def _armed_for(self, strike: Strike) -> str | None:
        """The victim, if it was started for this very strike."""
        return strike.victim if self._armed is strike else None

    def _start_what_ended(self, *, but: str | None) -> None:
        for name, process in self.site.processes.items():
            if name != but and not process.is_running:
                self.site.start(name)

    def _goes_on(self) -> bool:
        """Whether sending goes on, or the process that is armed has been struck already."""
        armed = None if self._armed is None else self.site.processes[self._armed.victim]
        deadline = time.monotonic() + _GOES_ON_WITHIN_SECONDS
        goal = self.sender.batches + _ACKNOWLEDGED_BETWEEN
        while self.sender.batches < goal and (armed is None or armed.is_running):
            if self.sender.failure is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _act(self, strike: Strike) -> Callable[[], None] | None:
        """What people do, or the sender does not do, so that the step is passed; None where sending is enough."""
        if strike.step.startswith("clock-"):
            return self._leave_work_to_the_clock
        service = next(one for one in SERVICES_OF_STEP[strike.step] if one in self.site.services[strike.victim])
        return stimuli(self.people, service).get(strike.step)

    def _leave_work_to_the_clock(self) -> None:
        """Nothing arrives for a while, and then there is something to do that no record brings: to judge anew by another rule.

        Values that are still to be published would not do. Where a slow machine takes in one transaction all that has come, it
        publishes them with it, and leaves nothing.
        """
        self.sender.rest(_REST_SECONDS)
        time.sleep(_REST_SECONDS / 2)
        self.people.judge_otherwise()

    def _fault(self, strike: Strike) -> Struck:
        if strike.kind == "disk":
            return Struck(strike, 0, *faults.full_disk(self.site, self.sender))
        if strike.kind == "broker":
            return Struck(strike, 0, *faults.broker_away(self.site, strike.seconds))
        if strike.kind == "database":
            return Struck(strike, 0, *faults.database_away(self.site, strike.seconds))
        if strike.kind == "pause":
            return Struck(strike, 0, *faults.paused(self.site, strike.victim, strike.seconds))
        return Struck(strike, 1, *faults.paused_at_step(self.site, strike))


@contextmanager
def _repeated(act: Callable[[], None] | None) -> Iterator[None]:
    """Something is done, and done again after a while, until the block is left; what was begun is finished first."""
    done = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        while act is not None and not done.is_set() and not failures:
            try:
                act()
            except BaseException as error:  # noqa: BLE001 - told to the thread that waits
                failures.append(error)
            done.wait(_REPEATED_AFTER_SECONDS)

    thread = threading.Thread(target=work, name="people", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if failures:
        raise failures[0]


def fault_strikes(log: str, seed: int, rounds: int) -> list[Strike]:
    """The faults of a run on this log, each kind `rounds` times."""
    chance = random.Random(f"faults/{seed}")
    if log == "embedded":
        return [Strike("disk") for _ in range(rounds)]
    lapse = 4 * SESSION_SECONDS  # by then the other instance has taken over and written, on a busy machine too
    found: list[Strike] = []
    for _ in range(rounds):
        found += [
            Strike("broker", seconds=chance.uniform(1, 8)),
            Strike("database", seconds=chance.uniform(1, 8)),
            Strike("pause", chance.choice(("ingest", "analytics", "analytics-2", "issues", "goals")), seconds=lapse),
            Strike("pause-at-step", chance.choice(("analytics", "analytics-2")), "fold-polled", 3, lapse),
            Strike("pause-at-step", chance.choice(("analytics", "analytics-2")), "evaluate-polled", 3, lapse),
        ]
    return found
