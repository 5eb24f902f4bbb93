"""Send an ERP's closed inspection lots to Andon over Kafka, one CloudEvent a record, in structured mode.

    python send_inspections.py inspections.csv --bootstrap 127.0.0.1:9092

The lot number is the event's id: sending the same file again changes no figure. The record key is the plant, so that one
plant's lots stay in order. Needs only `kafka-python`.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

from kafka import KafkaProducer

SOURCE = "erp"


def events(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(key, CloudEvent as JSON) for each row of the ERP's export."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            event = {
                "specversion": "1.0",
                "id": row["lot"],
                "source": SOURCE,
                "type": "com.example.erp.inspection-lot.closed",
                "time": row["closed_at"],
                "datacontenttype": "application/json",
                "data": {
                    "plant": row["plant"],
                    "material": row["material"],
                    "lot_size": int(row["lot_size"]),
                    "accepted": int(row["accepted"]),
                },
            }
            yield row["plant"].encode(), json.dumps(event).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka brokers")
    parser.add_argument("--prefix", default="", help="the installation's topic prefix, if it has one")
    options = parser.parse_args()

    producer = KafkaProducer(bootstrap_servers=options.bootstrap, acks="all", linger_ms=20)
    headers = [("content-type", b"application/cloudevents+json")]
    sent = [
        producer.send(f"{options.prefix}raw.{SOURCE}", key=key, value=value, headers=headers)
        for key, value in events(options.file)
    ]
    for answer in sent:
        answer.get(timeout=30)  # raises if the broker did not take it; run the script again, repeats do no harm
    producer.close()
    print(f"{len(sent)} inspection lots sent")


if __name__ == "__main__":
    main()
