"""Read how the modules of the library import one another: `python -m tools.house` prints it and checks two rules.

The source is parsed, not imported. What counts:

* An **arrow** leads from a module to a module of the library that it imports. An import in the body of a module or
  class is an arrow **at load**. One inside a function is an arrow **at call**, and one under `if TYPE_CHECKING:` is an
  arrow **for types**. The last two run no module while another one loads.
* `from package import name` leads to the module `package.name` where there is one, and to the package otherwise.
* An import at load first runs the packages around its target: `import a.b.c` runs `a/__init__.py`, then
  `a/b/__init__.py`. Packages that are also around the importing module are the exception: they have begun before it,
  and Python does not run them again.

The first rule: **no circle at load.** No module runs again through what its own imports run, packages included.

The second rule: **arrows lead down.** A **room** is a package or module directly in the library; the package `service`
of a feature is a room of its own. A **storey** holds rooms of one kind, and the storeys have a fixed order. Within a
storey, a room stands on a **floor** above all rooms that it imports. An arrow **climbs** where it leads to a higher
storey, or to a floor of its own storey that is not lower. Each arrow at load that climbs is in `CLIMBING`, with its
reason. Floors are worked out without these.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from tools.markdown import Lines, table

__all__ = ["CLIMBING", "STOREYS", "Arrow", "House", "Storey", "When", "main"]

SOURCE = Path(__file__).parents[1] / "src" / "tenantry"

Graph: TypeAlias = Mapping[str, set[str]]
Link: TypeAlias = tuple[str, str]


@frozen
class Storey:
    """Rooms of one kind.

    Args:
        name: What it is called.
        lives: What lives there, for the guide.
        imports: What its rooms may import, for the guide.
        rooms: The names of its rooms; None for the rooms that no other storey names.
    """

    name: str
    lives: str
    imports: str
    rooms: frozenset[str] | None = None


def _rooms(names: str) -> frozenset[str]:
    return frozenset(names.split())


STOREYS = (
    Storey(
        "kernel",
        "Values and rules that know no tenant: texts, ids, errors, principals, addresses, tokens, time, options.",
        "itself",
        _rooms("kernel"),
    ),
    Storey(
        "storage",
        "What an adapter provides, and what a feature asks for: collections, conditions, ports.",
        "kernel",
        _rooms("storage"),
    ),
    Storey(
        "features",
        "For each noun a package: `model.py` (values and their rules, pure) and `repository.py` (named queries).",
        "kernel, storage, features on lower floors",
    ),
    Storey(
        "runtime",
        "How a verb runs: runner, unit of work, `@command`, `@query`; what spans all features: registry, sights.",
        "all storeys below",
        _rooms("runtime"),
    ),
    Storey(
        "services",
        "The package `service` of each feature: the use cases, one module for each noun of its verbs.",
        "all storeys below, services on lower floors",
        frozenset(),  # known by their names
    ),
    Storey(
        "front door",
        "What a host holds: `Tenantry`, the contexts, their awaited twins. No logic.",
        "all storeys below",
        _rooms("jobs contexts app aio errors ports hints tenantry"),
    ),
    Storey(
        "adapters",
        "What knows a database, a template engine or a mail server. Only `testing` imports an adapter.",
        "kernel, storage, features, and the tables of `runtime` that span all features",
        _rooms("memory sqlalchemy jinja smtp"),
    ),
    Storey(
        "test tools",
        "What hosts and authors of stores test with: the contract of the stores, `Given`, `FrozenClock`.",
        "all storeys below",
        _rooms("testing"),
    ),
)
"""From the ground up."""

CLIMBING: Mapping[Link, str] = {
    ("members.repository", "access.repository"): "A member is shown with the roles that their grants give.",
    ("workspaces.repository", "access.repository"): "A workspace is shown with the number of members who have a grant.",
    ("plans.limits", "runtime.here"): "The plan function is code of the host, guarded as participants are.",
}
"""The arrows that climb, each with its reason."""


class When(StrEnum):
    """When an import happens."""

    LOAD = "at load"
    CALL = "at call"
    TYPES = "for types"


@frozen(order=True)
class Arrow:
    """An import of one module by another."""

    source: str
    target: str
    when: When

    @property
    def link(self) -> Link:
        """The two modules, without the name of the library in front."""
        return _short(self.source), _short(self.target)

    def __str__(self) -> str:
        return " -> ".join(self.link)


class House:
    """The modules of a library and their imports.

    Args:
        source: The folder of the library.
        climbing: The arrows that may climb, with their reasons.
    """

    def __init__(self, source: Path = SOURCE, climbing: Mapping[Link, str] = CLIMBING) -> None:
        self._excused = climbing
        self._modules = {_name(path, source): path for path in source.rglob("*.py")}
        self.arrows = sorted({arrow for name in self._modules for arrow in self._read(name)})
        self._floors = _floors(self._beside())

    # --- modules

    def circle(self) -> Sequence[str]:
        """A circle of modules at load, from a module back to itself; empty where there is none."""
        runs: dict[str, set[str]] = {name: set() for name in self._modules}
        for arrow in self.arrows:
            if arrow.when is When.LOAD:
                runs[arrow.source].add(arrow.target)
                runs[arrow.source] |= _around(arrow.target) - _around(arrow.source) - {arrow.source}
        return _circle(runs)

    def _read(self, name: str) -> Iterator[Arrow]:
        path = self._modules[name]
        reader = _Reader(name if path.stem == "__init__" else name.rpartition(".")[0])
        reader.visit(ast.parse(path.read_text(encoding="utf-8")))
        for package, asked, when in reader.found:
            target = f"{package}.{asked}" if f"{package}.{asked}" in self._modules else package
            if target in self._modules and target != name:
                yield Arrow(name, target, when)

    # --- rooms

    @property
    def rooms(self) -> Sequence[str]:
        """The names of the rooms."""
        return sorted({self.room(name) for name in self._modules})

    def room(self, module: str) -> str:
        """The room of a module."""
        first, _, rest = _short(module).partition(".")
        library = module.partition(".")[0]
        service = self._modules.get(f"{library}.{first}.service")
        is_service = rest.partition(".")[0] == "service" and service is not None and service.stem == "__init__"
        return f"{first}.service" if is_service else first

    def between_rooms(self, when: When = When.LOAD) -> Sequence[Arrow]:
        """The arrows from one room to another."""
        return [each for each in self.arrows if each.when is when and self.room(each.source) != self.room(each.target)]

    def climbing(self, when: When = When.LOAD) -> Sequence[Arrow]:
        """The arrows that climb."""
        return [arrow for arrow in self.between_rooms(when) if self._height(arrow.target) >= self._height(arrow.source)]

    def faults(self) -> Sequence[str]:
        """What breaks one of the two rules, and entries of the table that nothing needs; each as a sentence."""
        said = []
        if circle := self.circle():
            said.append(f"Circle at load: {' -> '.join(map(_short, circle))}.")
        if rooms := _circle(self._beside()):
            steps = set(pairwise(rooms))
            by = [str(each) for each in self._lawful() if (self.room(each.source), self.room(each.target)) in steps]
            said.append(f"Circle of rooms: {' -> '.join(rooms)}, by {', '.join(by)}.")
        said += [f"This arrow climbs: {each}." for each in self._lawful() if self._rise(each) > 0]
        needed = {arrow.link for arrow in self.between_rooms() if self._is_needed(arrow)}
        said += [
            f"CLIMBING has an entry too many: {' -> '.join(each)}." for each in self._excused if each not in needed
        ]
        return said

    def _lawful(self) -> Sequence[Arrow]:
        """The arrows at load that must not climb."""
        return [arrow for arrow in self.between_rooms() if arrow.link not in self._excused]

    def _beside(self) -> Graph:
        """For each room, the rooms of its own storey that it imports; without the arrows that may climb."""
        graph: dict[str, set[str]] = {room: set() for room in self.rooms}
        for arrow in self._lawful():
            if self._rise(arrow) == 0:
                graph[self.room(arrow.source)].add(self.room(arrow.target))
        return graph

    def _is_needed(self, arrow: Arrow) -> bool:
        """Whether this arrow climbs, given all those that must not."""
        source, target = self.room(arrow.source), self.room(arrow.target)
        return self._rise(arrow) > 0 or (self._rise(arrow) == 0 and source in _reached(self._beside(), target))

    def _rise(self, arrow: Arrow) -> int:
        return _storey(self.room(arrow.target)) - _storey(self.room(arrow.source))

    def _height(self, module: str) -> tuple[int, int]:
        room = self.room(module)
        return _storey(room), self._floors[room]

    # --- what people read

    def report(self) -> Lines:
        """The figures, and every arrow that climbs."""
        yield f"{len(self._modules)} modules, {len(self.rooms)} rooms, {len(self.between_rooms())} arrows between rooms"
        for when in When:
            climbing = self.climbing(when)
            yield f"{len(climbing)} climb {when}"
            yield from (f"  {each}: {self._excused.get(each.link, '')}".rstrip(": ") for each in climbing)

    def guide(self) -> Lines:
        """The house on one page."""
        yield from (*self._picture(), "", *self._directory(), "")
        load, types, call = (self.climbing(when) for when in (When.LOAD, When.TYPES, When.CALL))
        yield f"{len(load)} imports climb:"
        yield ""
        for arrow in load:
            yield f"* `{arrow.link[0]}` imports `{arrow.link[1]}`. {self._excused.get(arrow.link, '')}".rstrip()
        yield ""
        yield f"{len(types)} more climb for annotations only, {len(call)} inside a function. Neither runs at load."

    def _picture(self) -> Lines:
        """The house in the language of Mermaid. What longer ways imply is not drawn."""
        beside = self._beside()
        climbing = {
            (self.room(each.source), self.room(each.target)) for each in self.climbing() if not self._rise(each)
        }
        between: dict[str, set[str]] = {f"storey{number}": set() for number in range(len(STOREYS))}
        for arrow in self._lawful():
            if self._rise(arrow) < 0:
                upper, lower = (_storey(self.room(module)) for module in (arrow.source, arrow.target))
                between[f"storey{upper}"].add(f"storey{lower}")
        yield from ("```mermaid", "flowchart TB")
        for number, storey in reversed([*enumerate(STOREYS)]):
            rooms = [room for room in self.rooms if _storey(room) == number]
            yield from (f'    subgraph storey{number}["{storey.name}"]', "        direction TB")
            yield from (f'        {_id(room)}["{room}"]' for room in rooms)
            yield from (f"        {_id(room)} --> {_id(below)}" for room in rooms for below in _direct(beside, room))
            yield from (f"        {_id(room)} -.-> {_id(up)}" for room, up in sorted(climbing) if room in rooms)
            yield "    end"
        for upper_storey in reversed(between):
            yield from (f"    {upper_storey} --> {lower_storey}" for lower_storey in _direct(between, upper_storey))
        yield "```"

    def _directory(self) -> Lines:
        rows = [(f"**{each.name}**", each.lives, each.imports) for each in reversed(STOREYS)]
        yield from table(["storey", "what lives there", "may import"], rows)


class _Reader(ast.NodeVisitor):
    """Collects the imports of a module.

    Attributes:
        found: For each the package or module that is named, the name that is taken from it, and when.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._when = When.LOAD
        self.found: list[tuple[str, str, When]] = []

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(alias.name, "", self._when) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._package.split(".")[: len(self._package.split(".")) - node.level + 1] if node.level else []
        origin = ".".join([*base, *([node.module] if node.module else [])])
        self.found += [(origin, alias.name, self._when) for alias in node.names]

    def visit_If(self, node: ast.If) -> None:
        is_for_types = ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        self._within(When.TYPES if is_for_types else self._when, node.body)
        self._within(self._when, node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._within(When.CALL if self._when is When.LOAD else self._when, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def _within(self, when: When, body: Sequence[ast.stmt]) -> None:
        before, self._when = self._when, when
        for statement in body:
            self.visit(statement)
        self._when = before


def _name(path: Path, source: Path) -> str:
    parts = path.relative_to(source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _short(module: str) -> str:
    return module.partition(".")[2] or module


def _around(module: str) -> set[str]:
    """The packages around a module."""
    parts = module.split(".")
    return {".".join(parts[:depth]) for depth in range(1, len(parts))}


def _storey(room: str) -> int:
    """The number of a room's storey, from the ground."""
    if room.endswith(".service"):
        return next(number for number, storey in enumerate(STOREYS) if storey.name == "services")
    named = (number for number, storey in enumerate(STOREYS) if storey.rooms is not None and room in storey.rooms)
    return next(named, next(number for number, storey in enumerate(STOREYS) if storey.rooms is None))


def _id(room: str) -> str:
    return room.replace(".", "_")


def _circle(graph: Graph) -> Sequence[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]  # told from what is imported to what imports it
    return []


def _floors(graph: Graph) -> Mapping[str, int]:
    """The floor of each room, from 0; all 0 where there is a circle."""
    floors = dict.fromkeys(graph, 0)
    if not _circle(graph):
        for room in TopologicalSorter(graph).static_order():
            floors[room] = 1 + max((floors[below] for below in graph[room]), default=-1)
    return floors


def _reached(graph: Graph, start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        waiting += (new := graph[waiting.pop()] - seen)
        seen |= new
    return seen


def _direct(graph: Graph, room: str) -> Sequence[str]:
    """What a room imports and would not reach by way of another room."""
    return [
        below for below in sorted(graph[room]) if not any(below in _reached(graph, by) for by in graph[room] - {below})
    ]


def main() -> int:
    """Print the report; 0 if both rules hold."""
    house = House()
    faults = house.faults()
    sys.stdout.write("\n".join([*house.report(), *faults]) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
