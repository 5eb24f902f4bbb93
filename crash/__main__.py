"""`python -m crash --kills 100 --seed 7 --on kafka`: the full run of the crash harness. Exit code 1 when anything differs."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crash.campaign import Struck, fault_strikes
from crash.database_server import running_postgres
from crash.installations import Site, embedded, on_kafka
from crash.plan import steps_on, strikes
from crash.report import progress_line, text_of, write_json
from crash.run import Order, Report, run
from tests.support.kafka_server import KafkaServer


def main() -> int:
    arguments = _arguments()
    logs = ["embedded", "kafka"] if arguments.on == "both" else [arguments.on]
    reports = [_run(log, arguments) for log in logs]
    if arguments.json:
        write_json(arguments.json, reports)
    return 0 if all(report.is_good for report in reports) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="kills of each run, at steps and at any moment")
    parser.add_argument("--seed", type=int, default=7, help="of the stream and of the plan")
    parser.add_argument("--on", choices=("embedded", "kafka", "both"), default="both")
    parser.add_argument("--faults", type=int, default=2, help="rounds of broker, database, disk and pauses")
    parser.add_argument("--steps", nargs="*", help="strike at these steps only, once each")
    parser.add_argument(
        "--keep", type=Path, help="a folder that keeps data and logs; else they are removed when all is well"
    )
    parser.add_argument("--json", type=Path, help="where the figures go as JSON")
    return parser.parse_args()


def _run(log: str, arguments: argparse.Namespace) -> Report:
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="andon-crash-")) / log
    folder.mkdir(parents=True, exist_ok=True)
    with _site(log, folder) as site:
        steps = arguments.steps if arguments.steps is not None else steps_on(log)
        kills = len(steps) if arguments.steps is not None else arguments.kills
        faults = fault_strikes(log, arguments.seed, arguments.faults)
        plan = strikes(arguments.seed, kills=kills, steps=steps, processes=site.services, faults=faults)
        sys.stdout.write(f"{log}: {len(plan)} strikes, seed {arguments.seed}, logs in {folder}\n")
        report = run(site, Order(arguments.seed, plan), _Teller(len(plan)))
        sys.stdout.write(text_of(report))
        sys.stdout.flush()
    return report


class _Teller:
    """Prints a line for each strike, with the second at which it was over."""

    def __init__(self, strikes: int) -> None:
        self._strikes = strikes
        self._told = 0
        self._started = time.monotonic()

    def __call__(self, struck: Struck) -> None:
        self._told += 1
        seconds = round(time.monotonic() - self._started)
        sys.stdout.write(f"{seconds:>6} s {progress_line(self._told, self._strikes, struck)}")
        sys.stdout.flush()


@contextmanager
def _site(log: str, folder: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        if log == "embedded":
            yield stack.enter_context(embedded(folder))
            return
        broker = KafkaServer(folder / "kafka")
        broker.start()
        stack.callback(broker.kill)
        database = stack.enter_context(running_postgres())
        yield stack.enter_context(
            on_kafka(
                folder,
                bootstrap_servers=broker.bootstrap_servers,
                postgres_url=database.url,
                broker=broker,
                database=database,
            )
        )


if __name__ == "__main__":
    sys.exit(main())
