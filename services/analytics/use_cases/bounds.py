"""How much stage two does at a time, and what may wait. Part of both its commands."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one transaction does.

    Attributes:
        values: most values that are closed or published because of the clock.
        judged_anew: about how many stored values a pass reads at a time.
        history: about how many kept readings are read at a time to compute a new indicator.
        expected: most windows that are looked through for missing data at a time.
        open_panes: most rows of open panes that are held of a partition, about 150 bytes each.
        provisional_every: least time between two publications of a subject's provisional values.
        together_every: least time between two closings of windows that are long past, while records come.
        closed_together: most values that are closed then.
    """

    values: int = 5000
    judged_anew: int = 20_000
    history: int = 200_000
    expected: int = 200
    open_panes: int = 300_000
    provisional_every: timedelta = timedelta(seconds=10)
    together_every: timedelta = timedelta(seconds=2)
    closed_together: int = 20_000
