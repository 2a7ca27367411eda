"""Whatever is given as a permission: it is one, or it is refused with a typed error, the same at every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import ascii_lowercase, digits
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import column, select, table

from tenantry import SYSTEM, Invalid, Level, Permission, Role, Tenantry, UnknownPermission, schemes
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import authorized
from tests.features.people import ADA, SECRET, Company
from tests.properties.test_kernel import anything

SCHEME = schemes.AGENCY
TENANCY = Tenantry(store=MemoryStore(), scheme=SCHEME, secret_keys=[SECRET])
ACME = Company(TENANCY, TENANCY.create_tenant("Acme", owner=ADA))
CONTEXT, ACCESS = ACME.context(SYSTEM), ACME.context().access(workspaces=[ACME.general])
ROWS = table("rows", column("id"), column("workspace"))
LOOK_ALIKES = ["\u0430\u0435\u043e\u0440\u0441\u0456\u0445", "aeopcix"]

names = st.sampled_from(sorted(SCHEME.catalogue))
segments = st.text("abz09-_.*?+[](){}|\\^$/%: \u0430\u0131\u017f\uff41\u200b\n\x00\udc80", max_size=8)


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """A name with something wrong in one place: a look-alike, a blank, a metacharacter, a segment too many."""
    name = draw(names)
    at, wrong = draw(st.integers(0, len(name))), draw(segments)
    return draw(
        st.sampled_from(
            [
                name[:at] + wrong + name[at:],
                name[:at] + wrong + name[at + 1 :],
                name[:at],
                name.replace(draw(st.sampled_from(name.split(":"))), draw(segments)),
                name.upper(),
                name.title(),
                name.translate(str.maketrans(LOOK_ALIKES[1], LOOK_ALIKES[0])),
                "".join(chr(ord(each) + 0xFEE0) for each in name),
                f"{name}:{name}",
            ]
        )
    )


values = st.one_of(
    misspelt(), names, segments, st.builds("{}:{}:{}".format, segments, segments, segments), st.text(), anything
)

ASKING: Mapping[str, Callable[[Any], object]] = {
    "can": ACCESS.can,
    "can there": lambda name: ACCESS.can(name, workspace=ACME.general),
    "check": ACCESS.check,
    "require": ACCESS.require,
    "check_many there": lambda name: ACCESS.check_many([(name, ACME.general)]),
    "workspaces_where there": ACCESS.workspaces_where,
    "tenant.can": CONTEXT.can,
    "tenant.check there": lambda name: CONTEXT.check(name, workspace=ACME.general),
    "tenant.who_can": CONTEXT.who_can,
    "tenant.who_can there": lambda name: CONTEXT.who_can(name, workspace=ACME.general),
    "authorized there": lambda name: authorized(select(ROWS.c.id), ACCESS, name, workspace=ROWS.c.workspace),
}
REGISTERING: Mapping[str, Callable[[Any], str]] = {
    "permission": lambda name: Permission(name, Level.TENANT).name,
    "role": lambda name: Role("lead", Level.TENANT, [name]).permissions[0],
}


@given(values)
@example("tenant-api:*:read")
@example("*:*:*")
@example("Tenant-API:member:read")
@example("tenant-api:member:read ")
@example("tenant.api:member:read")
@example("tenant-api:mem*:read")
def test_what_is_no_permission_is_unknown_at_every_door(value: object) -> None:
    """AC-12, AC-14, AC-16, E32, IN-07: neither any nor all, never a quiet no, and a sentence that can be printed."""
    if type(value) is str and value in SCHEME.catalogue:
        return
    for ask in ASKING.values():
        with pytest.raises(UnknownPermission) as refused:
            ask(value)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 200 * len(ascii(chr(0x10FFFF))) + 200  # 200 characters of it, and a hint


@given(names)
def test_a_permission_is_asked_at_its_level_or_refused(name: str) -> None:
    """AC-29."""
    for door, ask in ASKING.items():
        if door.endswith("there") is (SCHEME.catalogue[name].level is Level.WORKSPACE):
            ask(name)
        else:
            with pytest.raises(Invalid):
                ask(name)


@given(values)
@example("tenant-api:mem*:read")
@example("tenant.api:member:read")
@example("tenant-api:member:re?d")
@example("tenant-api:member:[r]ead")
def test_what_can_be_registered_has_three_plain_segments(value: object) -> None:
    """AC-11, AC-13, AC-16, IN-07: a star stands for a whole one, in a role; nothing else stands for anything."""
    for what, register in REGISTERING.items():
        try:
            taken = register(value)
        except Invalid:
            continue
        assert taken == value
        parts = taken.split(":")
        assert len(parts) == 3
        for part in parts:
            assert (what, part) == ("role", "*") or set(part) <= set(ascii_lowercase + digits + "-")


@given(values, st.sampled_from(Level))
@example("tenant-api:tenant:own", Level.TENANT)
def test_a_pattern_reaches_what_its_segments_say_and_nothing_else(value: Any, level: Level) -> None:
    """AC-13, E43, IN-07."""
    try:
        reached = SCHEME.expand([value], level)
    except Invalid:
        return
    for name in reached:
        assert SCHEME.catalogue[name].level is level
        assert all(want in ("*", have) for want, have in zip(value.split(":"), name.split(":"), strict=True))
    assert "tenant-api:tenant:own" not in reached
