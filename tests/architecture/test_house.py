"""Imports lead down, and no module waits for itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.house import CLIMBING, STOREYS, House, When


def house(folder: Path, files: Mapping[str, str], *climbing: str) -> House:
    """A library of these modules; these arrows may climb."""
    source = folder / "library"
    for name, body in {"__init__": "", **files}.items():
        path = source / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
        for package in path.parent.relative_to(source).parents:
            (source / package / "__init__.py").touch()
        (path.parent / "__init__.py").touch()
    return House(source, {(link.partition(" -> ")[0], link.partition(" -> ")[2]): "" for link in climbing})


def test_no_module_waits_for_itself_and_every_arrow_that_climbs_has_a_reason() -> None:
    assert House().faults() == []


def test_few_arrows_climb() -> None:
    assert len(House().climbing()) == len(CLIMBING) <= 20


def test_every_package_has_one_storey() -> None:
    named = [room for storey in STOREYS for room in storey.rooms or ()]

    assert len(named) == len(set(named))
    assert set(named) <= set(House().rooms)


def test_a_circle_is_found_also_through_a_package(tmp_path: Path) -> None:
    direct = house(tmp_path / "1", {"a": "from .b import x", "b": "from .a import y"})
    by_package = house(
        tmp_path / "2",
        {"a/__init__": "from .x import n", "a/x": "from ..b import m", "b": "import library.a.z", "a/z": ""},
    )
    from_package = house(tmp_path / "3", {"a/__init__": "from .x import n", "a/x": "from . import m"})

    assert set(direct.circle()) == {"library.a", "library.b"}
    assert set(by_package.circle()) == {"library.a", "library.a.x", "library.b"}
    assert set(from_package.circle()) == {"library.a", "library.a.x"}
    assert "Circle at load: " in direct.faults()[0]


def test_a_package_around_a_module_is_running_already(tmp_path: Path) -> None:
    there = house(tmp_path, {"a/__init__": "from .x import n", "a/x": "from . import y", "a/y": ""})

    assert not there.circle()


@pytest.mark.parametrize(
    ("body", "when"),
    [
        ("class C:\n    from .b import x", When.LOAD),
        ("try:\n    import library.b\nexcept ImportError: ...", When.LOAD),
        ("if TYPE_CHECKING:\n    from .b import x", When.TYPES),
        ("if typing.TYPE_CHECKING:\n    def f(): from .b import x", When.TYPES),
        ("if TYPE_CHECKING: ...\nelse:\n    from .b import x", When.LOAD),
        ("def f():\n    from . import b", When.CALL),
        ("async def f():\n    from . import b", When.CALL),
    ],
)
def test_an_import_counts_when_it_runs(tmp_path: Path, body: str, when: When) -> None:
    [arrow] = house(tmp_path, {"a": body, "b": ""}).arrows

    assert (str(arrow), arrow.when) == ("a -> b", when)


def test_an_arrow_to_a_higher_storey_climbs(tmp_path: Path) -> None:
    files = {
        "kernel/text": "from ..notes.model import n",
        "notes/model": "",
        "notes/service/notes": "from .. import model",
    }

    there = house(tmp_path, files)

    assert [str(each) for each in there.climbing()] == ["kernel.text -> notes.model"]
    assert there.faults() == ["This arrow climbs: kernel.text -> notes.model."]
    assert not house(tmp_path, files, "kernel.text -> notes.model").faults()


def test_an_arrow_that_closes_a_circle_of_rooms_climbs(tmp_path: Path) -> None:
    files = {
        "notes/model": "from ..tags.model import t",
        "notes/views": "",
        "tags/model": "",
        "tags/views": "from ..notes import views",
    }

    [fault] = house(tmp_path, files).faults()

    assert "Circle of rooms: " in fault
    assert "notes.model -> tags.model" in fault
    assert "tags.views -> notes.views" in fault
    assert not house(tmp_path, files, "tags.views -> notes.views").faults()


def test_an_entry_that_nothing_needs_is_a_fault(tmp_path: Path) -> None:
    files = {"notes/model": "from ..tags.model import t", "tags/model": ""}

    for link in ("notes.model -> tags.model", "tags.model -> notes.model"):
        [fault] = house(tmp_path, files, link).faults()
        assert fault == f"CLIMBING has an entry too many: {link}."
