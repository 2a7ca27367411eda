"""Every action has a name of one form."""

from __future__ import annotations

import pytest

from tenantry.audit import ACTIONS, Action
from tenantry.runtime.registry import COLLECTIONS

TARGETS = {collection.noun for collection in COLLECTIONS} | {"principal"}


def test_every_action_says_what_it_is_about() -> None:
    assert {each.target for each in ACTIONS.values()} <= TARGETS
    assert all(name == each.name and each.description for name, each in ACTIONS.items())
    assert not any(each.description.endswith(".") for each in ACTIONS.values())


@pytest.mark.parametrize(
    "name", ["", "member", "Member.added", "member.added.twice", "member added", "member.", ".added"]
)
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"noun\.past_participle"):
        Action(name, "member", "Something")


def test_the_registry_is_not_changed() -> None:
    with pytest.raises(TypeError):
        ACTIONS["x.done"] = Action("x.done", "member", "Something")  # type: ignore[index]
