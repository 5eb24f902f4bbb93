"""`python -m crash.soak --minutes 10`: half of the measured throughput, embedded. Exit code 1 when memory or lag is not flat."""

import argparse
import dataclasses
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from crash.installations import Site, embedded
from crash.people import People
from crash.reference import Sent
from crash.soak.load import Load
from crash.soak.samples import Sample, Verdict, judge, lags, outbox_age, resident, size_of, table

_CAUGHT_UP_WITHIN_SECONDS = 300.0


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="andon-soak-") as folder, embedded(Path(folder)) as site:
        People(site, Sent()).define()
        load = Load(f"{site.processes['andon'].url}/v1/metric-events")
        probe = _Probe(site, Path(folder) / "data", load)
        rate = _throughput(load, probe, arguments.measure_seconds)
        sys.stdout.write(f"throughput from request to last consumer: {rate:,.0f} events/s; soaking at half\n")
        seconds = arguments.minutes * 60
        samples = _soak(probe, seconds, every_seconds=arguments.every_seconds, events_per_second=rate / 2)
    verdict = judge(samples)
    sys.stdout.write(table(samples) + _sentence(verdict))
    if arguments.json:
        _write(arguments.json, rate, samples=samples, verdict=verdict)
    return 0 if verdict.is_flat else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crash.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every-seconds", type=float, default=5.0, help="between two samples")
    parser.add_argument("--measure-seconds", type=float, default=20.0, help="at full speed, before the soak")
    parser.add_argument("--json", type=Path, help="where the samples go as JSON")
    return parser.parse_args()


@dataclasses.dataclass
class _Probe:
    """Looks at an installation that is at work."""

    site: Site
    data: Path
    load: Load

    def metrics(self) -> str:
        return httpx.get(f"{self.site.processes['andon'].url}/metrics", timeout=30).text

    def sample(self, at_seconds: float) -> Sample:
        metrics = self.metrics()
        lag_records, lag_seconds = lags(metrics)
        return Sample(
            at_seconds=at_seconds,
            accepted=self.load.accepted,
            refused=self.load.refused,
            resident_bytes=resident(self.site.processes["andon"].pid),
            lag_records=lag_records,
            lag_seconds=lag_seconds,
            outbox_seconds=outbox_age(metrics),
            file_bytes=size_of(self.data),
        )


def _throughput(load: Load, probe: _Probe, seconds: float) -> float:
    """Events a second through the whole chain: sent at full speed, and the time until every consumer has caught up counted in."""
    started, before = time.monotonic(), load.accepted
    load.send_for(seconds)
    deadline = time.monotonic() + _CAUGHT_UP_WITHIN_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        quiet = quiet + 1 if lags(probe.metrics())[0] == 0 else 0
        time.sleep(0.1)
    return (load.accepted - before) / (time.monotonic() - started)


def _soak(probe: _Probe, seconds: float, *, every_seconds: float, events_per_second: float) -> list[Sample]:
    failures: list[BaseException] = []

    def send() -> None:
        try:
            probe.load.send_for(seconds, events_per_second=events_per_second)
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            failures.append(error)

    sender = threading.Thread(target=send, name="load", daemon=True)
    started = time.monotonic()
    sender.start()
    samples: list[Sample] = []
    while sender.is_alive():
        sender.join(every_seconds)
        samples.append(probe.sample(time.monotonic() - started))
    if failures:
        raise failures[0]
    return samples


def _sentence(verdict: Verdict) -> str:
    if verdict.is_flat:
        return f"flat: memory but for ids × {verdict.memory_growth:.2f} from the first third to the last, lag {verdict.lag_seconds:.2f} s\n"
    return "".join(f"NOT flat: {sentence}\n" for sentence in verdict.sentences)


def _write(path: Path, rate: float, *, samples: list[Sample], verdict: Verdict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "throughput_events_per_second": rate,
        "verdict": dataclasses.asdict(verdict),
        "samples": [dataclasses.asdict(sample) for sample in samples],
    }
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
