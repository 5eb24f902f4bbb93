"""Send a file of CloudEvents (NDJSON) to Andon over HTTP, in batches, repeating what was not answered.

    python send_events.py events.ndjson --url http://127.0.0.1:8080

A batch may be sent again at any time: events that were accepted before are not counted twice. So the rule for a sender is
simple: until the answer is 202, repeat. Uses the standard library only.
"""

import argparse
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

LINES_PER_BATCH = 1000
ATTEMPTS = 8


def batches(path: Path) -> Iterator[bytes]:
    """The file's lines, a thousand at a time."""
    with path.open("rb") as file:
        while batch := b"".join(islice(file, LINES_PER_BATCH)):
            yield batch


def send(url: str, batch: bytes) -> dict[str, list[dict[str, object]]]:
    """Post one batch until it is accepted; waits as long as the server asks for, else longer each time."""
    request = urllib.request.Request(
        f"{url}/v1/metric-events", data=batch, headers={"content-type": "application/x-ndjson"}
    )
    for attempt in range(ATTEMPTS):
        pause = 0.2 * 2**attempt
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                result: dict[str, list[dict[str, object]]] = json.load(answer)
                return result
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise SystemExit(f"refused with {error.code}: {error.read().decode(errors='replace')}") from error
            pause = float(error.headers.get("Retry-After", pause))
        except OSError:
            pass  # not reachable, or the answer was lost: the same batch again
        time.sleep(pause)
    raise SystemExit(f"no answer from {url} after {ATTEMPTS} attempts")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where Andon listens")
    options = parser.parse_args()

    for batch in batches(options.file):
        answer = send(options.url, batch)
        print(f"accepted {answer['accepted']}, quarantined {len(answer['rejected'])}")
        for item in answer["rejected"]:
            print(f"  event {item['id']}: {item['reason']}: {item['detail']}")


if __name__ == "__main__":
    main()
