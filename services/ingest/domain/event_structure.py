"""The structure that one source's events are decoded into: only the fields its mapping reads, each of the type it must have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import msgspec

from services.ingest.domain.plain_table import Leaf
from services.ingest.domain.source import Scalar

Path = tuple[str, ...]
Getter = Callable[[Any], Any]


@dataclass(slots=True)
class _Leaf:
    """One field: its type, and whether it may be missing or null."""

    shape: Any
    required: bool


_Tree = dict[str, "_Leaf | _Tree"]


@dataclass(frozen=True, slots=True)
class _Level:
    """The structure of one object, and how to get at its leaves."""

    structure: type[msgspec.Struct]
    attributes: Mapping[Path, str]


class Fields:
    """Gathers the fields that a mapping reads. A field that is read twice has the narrower type, and is required if once."""

    def __init__(self, source: str, event_types: tuple[str, ...], time_path: Path) -> None:
        self._tag = source
        self._tree: _Tree = {}
        self._paths: list[Path] = []
        self._add(("id",), str, required=True)
        self._add(("specversion",), Literal["1.0"], required=True)
        self._add(("type",), Literal[event_types], required=True)
        self._add(time_path, str, required=False)

    def scalar(self, path: Path, *, required: bool) -> None:
        """A text, a number or a truth value is read at the path."""
        self._add(path, Scalar, required=required)

    def number(self, path: Path, *, required: bool) -> None:
        """A number is read at the path. Raises ValueError where a text must stand."""
        self._add(path, float, required=required)

    def structure(self) -> tuple[type[msgspec.Struct], dict[Path, Getter]]:
        """The structure of a whole event, and a getter for each field in it; what is missing is None."""
        level = _level(self._tree, (), tag=self._tag)
        return level.structure, {path: self._getter(path, level.attributes[path]) for path in self._paths}

    def leaves(self) -> list[Leaf]:
        """The fields, in the order in which they were first asked for."""
        return [Leaf(path, leaf.shape, leaf.required) for path in self._paths for leaf in [self._at(path)]]

    def _at(self, path: Path) -> _Leaf:
        branch: Any = self._tree
        for part in path:
            branch = branch[part]
        return _leaf(branch, path)

    def _add(self, path: Path, shape: Any, *, required: bool) -> None:
        if path == ("source",):
            return  # the union is told apart by it
        branch = self._tree
        for part in path[:-1]:
            branch = _object(branch.setdefault(part, {}), path)
        known = branch.get(path[-1])
        if known is None:
            branch[path[-1]] = _Leaf(shape, required)
            self._paths.append(path)
            return
        leaf = _leaf(known, path)
        leaf.shape, leaf.required = _narrower(leaf.shape, shape), leaf.required or required

    def _getter(self, path: Path, attribute: str) -> Getter:
        branch: Any = self._tree
        steps = []
        for part in path:
            branch = branch[part]
            steps.append(_is_required(branch))
        return attrgetter(attribute) if all(steps[:-1]) else _careful(attribute.split("."))


def _object(branch: "_Leaf | _Tree", path: Path) -> _Tree:
    if isinstance(branch, dict):
        return branch
    raise ValueError(f"{'.'.join(path)} leads through a value")


def _leaf(branch: "_Leaf | _Tree", path: Path) -> _Leaf:
    if isinstance(branch, _Leaf):
        return branch
    raise ValueError(f"{'.'.join(path)} is an object")


def _level(tree: _Tree, path: Path, *, tag: str | None = None) -> _Level:
    fields: list[tuple[str, Any] | tuple[str, Any, None]] = []
    attributes: dict[Path, str] = {}
    renamed: dict[str, str] = {}
    for number, (name, below) in enumerate(tree.items()):
        attribute, here = f"field_{number}", (*path, name)
        renamed[attribute] = name
        if isinstance(below, _Leaf):
            shape: Any = below.shape
            attributes[here] = attribute
        else:
            level = _level(below, here)
            shape = level.structure
            attributes |= {leaf: f"{attribute}.{inner}" for leaf, inner in level.attributes.items()}
        fields.append((attribute, shape) if _is_required(below) else (attribute, shape | None, None))
    fields.sort(key=len)  # those without a default first, as a structure asks for
    tagging: dict[str, Any] = {} if tag is None else {"tag_field": "source", "tag": tag}
    structure = msgspec.defstruct("Event", fields, rename=renamed, gc=False, **tagging)
    return _Level(structure, attributes)


def _is_required(branch: "_Leaf | _Tree") -> bool:
    """An object is required if anything in it is."""
    return branch.required if isinstance(branch, _Leaf) else any(map(_is_required, branch.values()))


def _narrower(one: Any, other: Any) -> Any:
    """The type of a field that is read as both: a scalar gives way to anything, a text to one of a list of texts."""
    if other in (one, Scalar):
        return one
    if one == Scalar:
        return other
    if float in (one, other):
        raise ValueError("one part reads a number where another reads a text")
    return one if other is str else other


def _careful(steps: list[str]) -> Getter:
    """A getter through objects that may be missing."""

    def get(event: Any) -> Any:
        for step in steps:
            if event is None:
                return None
            event = getattr(event, step)
        return event

    return get
