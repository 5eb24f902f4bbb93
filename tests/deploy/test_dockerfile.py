"""deploy/Dockerfile, checked without an engine."""

import fnmatch
import json
import re

from tests.deploy.files import DEPLOY, andon_variables, known_variables
from tools.reference.document import ROOT

TEXT = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) in order, continuation lines joined."""
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def rests(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def sources() -> list[str]:
    """What is copied from the build context."""
    copies = [rest.split() for rest in rests("COPY") if not rest.startswith("--from")]
    return [source for copy in copies for source in copy[:-1]]


def test_only_instructions_that_are_expected() -> None:
    known = {
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "RUN",
        "STOPSIGNAL",
        "USER",
        "WORKDIR",
    }
    assert {word for word, _ in instructions()} <= known


def test_every_base_is_pinned_to_a_patch_release_and_is_one() -> None:
    bases = {rest.split()[0] for rest in rests("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", bases.pop())


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    allowed = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]
    for source in sources():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), f"{source} is left out by .dockerignore"


def test_all_that_the_package_needs_is_copied() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'"(requirements[a-z-]*\.in)"|readme = "(\S+)"', project)
    assert {name for pair in needed for name in pair if name} <= set(sources())


def test_dependencies_are_installed_by_hash_and_the_product_without_looking_elsewhere() -> None:
    installs = [rest for rest in rests("RUN") if "pip install" in rest]
    for install in installs:
        assert "--require-hashes -r" in install or install == "pip install --no-deps --no-build-isolation ."
    assert any("requirements-compiled.txt" in install and "$COMPILED" in install for install in installs)
    assert rests("ARG") == ["COMPILED=yes"]


def test_it_runs_as_nobody_in_particular() -> None:
    last = dict(stages()[-1])
    assert last["USER"] == "10001:10001"
    words = [word for word, _ in stages()[-1]]
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_the_target_is_an_argument() -> None:
    last = dict(stages()[-1])
    assert json.loads(last["ENTRYPOINT"]) == ["andon"]
    assert json.loads(last["CMD"]) == ["run"]


def test_health_is_asked_of_healthz() -> None:
    options, _, command = dict(stages()[-1])["HEALTHCHECK"].partition(" CMD ")
    assert "--interval=" in options
    program = json.loads(command)
    assert program[:2] == ["python", "-c"]
    assert "/healthz" in program[2]
    compile(program[2], "healthcheck", "exec")


def test_its_variables_are_settings() -> None:
    given = {pair.split("=")[0]: "" for rest in rests("ENV") for pair in rest.split()}
    assert andon_variables(given) == {"ANDON_DATA_DIR", "ANDON_HOST", "ANDON_PORT"}
    assert andon_variables(given) <= known_variables()
