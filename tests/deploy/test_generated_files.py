"""What is generated from the code is as the code says."""

import pytest
import yaml

from shared.eventlog.kafka_options import topic_settings
from shared.eventlog.port import TopicSpec
from shared.events.topics import TOPICS
from tests.deploy.files import DEPLOY
from tools.reference.document import ROOT, Document, table
from tools.reference.written import documents

DOCUMENTS = documents()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_a_generated_file_is_up_to_date(document: Document) -> None:
    assert (ROOT / document.path).read_text(encoding="utf-8") == document.text, "run `make reference`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_its_first_line_says_how_it_is_made(document: Document) -> None:
    assert "make reference" in document.text.splitlines()[0]


def test_no_generated_file_is_left_over() -> None:
    folders = ("docs/reference", "deploy/env", "deploy/kubernetes")
    made = {ROOT / document.path for document in DOCUMENTS}
    found = {path for folder in folders for path in (ROOT / folder).iterdir() if "make reference" in path.read_text()}
    assert found - made == set()


def test_the_topics_to_create_are_those_that_andon_would_create() -> None:
    listed = yaml.safe_load((DEPLOY / "kafka/topics.yaml").read_text(encoding="utf-8"))["topics"]
    made = [TopicSpec(topic.name, topic.partitions, topic.retention) for topic in TOPICS]
    assert listed[:-1] == [
        {"name": spec.name, "partitions": spec.partitions, "config": topic_settings(spec)} for spec in made
    ]
    assert listed[-1]["name"] == "raw.<source>"


def test_a_table_holds_bars_and_line_ends() -> None:
    assert table(("a",), [("x | y\nz",)]) == "| a |\n|---|\n| x \\| y z |"
