"""What is taken for a participant, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import SYSTEM, Change, Invalid, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.runtime.participants import Participants, require_outside, require_participants, working
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
        [participant("campaigns", count=seven), participant("campaigns", delete=seven)],
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


def test_a_class_is_as_good_as_an_object() -> None:
    class Campaigns:
        name = "campaigns"
        count = staticmethod(lambda change, session: 7)

    assert require_participants([Campaigns]) == (Campaigns,)


def test_each_is_asked_by_what_it_has() -> None:
    here = Participants(
        (
            participant("counted", count=seven),
            participant("given", reassign=seven, delete=None),
            participant("either", reassign=seven, delete=lambda self, change, session: 9),
            participant("deleted", delete=seven),
            participant("ended", revoke=seven),
        ),
        None,
    )

    assert here.count(CHANGE) == {"counted": 7}
    assert here.revoke(CHANGE) == {"ended": 7}
    assert here.hand_over(CHANGE) == {"given": 7, "either": 7, "deleted": 7}
    assert here.delete(CHANGE) == {"either": 9, "deleted": 7}
    assert here.can_reassign
    assert not Participants((), None).can_reassign


def test_inside_is_told_from_outside() -> None:
    require_outside()
    with working("Somebody"), pytest.raises(Invalid, match="Somebody calls tenantry"):
        require_outside()
    require_outside()
