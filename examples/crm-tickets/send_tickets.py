"""Send a CRM's answered tickets to Andon over Kafka, one record a ticket, as CloudEvents in binary mode.

    python send_tickets.py tickets.ndjson --bootstrap 127.0.0.1:9092

In binary mode the CloudEvents attributes travel as `ce_…` headers and the record's value is the CRM's own JSON, untouched.
Needs only `kafka-python`.
"""

import argparse
import json
from pathlib import Path

from kafka import KafkaProducer

SOURCE = "crm"


def headers(ticket: dict[str, str]) -> list[tuple[str, bytes]]:
    """The attributes of one event. The ticket number is its id, so a repeat is counted once."""
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", ticket["ticket"].encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_type", b"ticket.answered"),
        ("ce_time", ticket["answered_at"].encode()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka brokers")
    parser.add_argument("--prefix", default="", help="the installation's topic prefix, if it has one")
    options = parser.parse_args()

    producer = KafkaProducer(bootstrap_servers=options.bootstrap, acks="all", linger_ms=20)
    sent = []
    for line in options.file.read_bytes().splitlines():
        ticket = json.loads(line)
        key = ticket["team"].encode()
        sent.append(producer.send(f"{options.prefix}raw.{SOURCE}", key=key, value=line, headers=headers(ticket)))
    for answer in sent:
        answer.get(timeout=30)  # raises if the broker did not take it; run the script again, repeats do no harm
    producer.close()
    print(f"{len(sent)} tickets sent")


if __name__ == "__main__":
    main()
