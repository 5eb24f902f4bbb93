"""What stage two remembers of one partition of `pane-deltas` besides panes, values and anomalies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.watermark import Watermarks


@dataclass(frozen=True, slots=True)
class Pass:
    """An indicator's stored values are being judged anew, series by series.

    Attributes:
        judging: what they are judged by (`Catalogue.judging`); another text means beginning again.
        after: the last series that is done, as hexadecimal digits; empty before the first.
    """

    indicator: str
    judging: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Changes with each transaction of its partition, and is read inside it.

    Attributes:
        judged: indicator → what its stored values have been judged by.
        under_way: the pass that is not finished.
        told_at: when provisional values were last published.
    """

    watermarks: Watermarks = field(default_factory=Watermarks)
    judged: Mapping[str, str] = field(default_factory=dict)
    under_way: Pass | None = None
    told_at: datetime | None = None

    def is_judged(self, indicator: str, judging: str) -> bool:
        return self.judged.get(indicator) == judging

    def with_judged(self, indicator: str, judging: str) -> "PartitionState":
        return replace(self, judged={**self.judged, indicator: judging}, under_way=None)
