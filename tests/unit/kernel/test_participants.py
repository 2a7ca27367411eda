"""What is taken for a participant, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, Change, Invalid, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.runtime.here import require_outside, working
from tenantry.runtime.participants import Participants, require_participants
from tenantry.testing import FrozenClock

CHANGE = Change(kind="member.left", tenant_id="ten_1", user_id="user_bob", to="user_ada", by=SYSTEM, at=FrozenClock()())


def participant(name: Any, **methods: Any) -> Any:
    return type("Host", (), {"name": name, **methods})()


def seven(self: object, change: Change, session: object) -> int:
    return 7


async def awaited(self: object, change: Change, session: object) -> int:
    return 7


@pytest.mark.parametrize(
    "given",
    [
        [participant("Campaigns", count=seven)],
        [participant("", count=seven)],
        [participant(None, count=seven)],
        [participant("two words", count=seven)],
        [participant("campaigns")],
        [participant("campaigns", count=7)],
        [participant("campaigns", count=seven, reassign=awaited)],
        [participant("campaigns", count=seven), participant("campaigns", reassign=seven)],
        [object()],
        "campaigns",
        7,
        None,
    ],
    ids=["case", "empty", "None", "blank", "idle", "figure", "awaited", "twice", "object", "text", "number", "nothing"],
)
def test_what_is_no_participant_is_refused_at_once(given: Any) -> None:
    """CR-08"""
    with pytest.raises(Invalid):
        Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=["x" * 32], participants=given)


def all_three(**methods: Any) -> dict[str, Any]:
    return {"delete": seven, "delete_workspace": seven, "delete_tenant": seven, **methods}


def test_a_class_is_no_participant() -> None:
    """Its methods would be called without an instance, and only the first removal would tell."""
    with pytest.raises(Invalid, match=r"^Campaigns is a class; give an instance of it\.$"):
        require_participants([type("Campaigns", (), {"name": "campaigns", **all_three()})])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("role_changed", "roles_changed"),
        ("on_joined", "joined"),
        ("deleted", "delete"),
        ("delete_tenants", "delete_tenant"),
        ("workspaces_made", "workspace_made"),
        ("revoked", "revoke"),
        ("re_assign", "reassign"),
    ],
)
def test_a_slip_of_the_pen_is_told(written: str, meant: str) -> None:
    """What is never called would be noticed when it is too late."""
    with pytest.raises(Invalid, match=f"has `{written}`, which is never called: `{meant}` is"):
        require_participants([participant("campaigns", **all_three(), **{written: seven})])
    for name, value in ((f"_{written}", seven), (written, 7), ("of", seven), ("store", seven), ("table", seven)):
        require_participants([participant("campaigns", **all_three(), **{name: value})])


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        (["delete"], "has `delete`, but no `delete_workspace` and no `delete_tenant`"),
        (["delete_tenant"], "has `delete_tenant`, but no `delete` and no `delete_workspace`"),
        (["delete", "delete_tenant"], "has `delete`, but no `delete_workspace`"),
        (["reassign", "delete_tenant"], "has `delete_tenant`, but no `delete_workspace`"),
        (["delete_workspace", "delete_tenant"], "has `delete_workspace`, but no `delete`"),
    ],
)
def test_what_would_be_left_behind_is_told(methods: list[str], told: str) -> None:
    with pytest.warns(
        UserWarning, match=f"^Participant 'campaigns' {told}: what it would remove there is left"
    ) as seen:
        Tenantry(
            store=MemoryStore(),
            scheme=schemes.AGENCY,
            secret_keys=["x" * 32],
            participants=[participant("campaigns", **dict.fromkeys(methods, seven))],
        )
    assert seen[0].filename == __file__


def test_who_removes_nothing_or_everything_is_not_warned() -> None:
    everything = {"delete": seven, "delete_workspace": seven, "delete_tenant": seven}
    given_on = {"reassign": seven, "delete_workspace": seven, "delete_tenant": seven}
    methods: list[dict[str, Any]] = [{"reassign": seven}, {"joined": seven}, {"count": seven}, everything, given_on]
    given = [participant(f"part_{number}", **each) for number, each in enumerate(methods)]
    assert require_participants(given) == tuple(given)


def test_a_change_is_about_a_member_a_workspace_or_all_of_the_tenant() -> None:
    assert CHANGE.scope == "member"
    assert evolve(CHANGE, user_id=None, workspace_id="ws_1").scope == "workspace"
    assert evolve(CHANGE, user_id=None).scope == "tenant"
    assert hash(CHANGE) == hash(evolve(CHANGE))


def test_each_is_asked_by_what_it_has() -> None:
    here = Participants(
        (
            participant("counted", count=seven),
            participant("given", reassign=seven, delete=None),
            participant("either", reassign=seven, delete=lambda self, change, session: 9),
            participant("deleted", delete=seven),
            participant("emptied", delete_tenant=seven),
            participant("ended", revoke=seven),
        ),
        None,
    )

    assert here.count(CHANGE) == {"counted": 7}
    assert here.revoke(CHANGE) == {"ended": 7}
    assert here.hand_over(CHANGE) == {"given": 7, "either": 7, "deleted": 7}
    assert here.delete_tenant(CHANGE) == {"emptied": 7}
    assert here.listen("reassign")
    assert not here.listen("joined")
    assert not Participants((), None).listen("reassign")


def test_inside_is_told_from_outside() -> None:
    require_outside()
    with working("Somebody"), pytest.raises(Invalid, match="Somebody calls tenantry"):
        require_outside()
    require_outside()
