"""The races of an import, and of a user who is forgotten, with what is done to the same people one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tenantry import SYSTEM, NewMember, Principal, Tenantry
from tests.races.race import Contender, Round, Scenario
from tests.races.scenarios import ADA, ADDRESS, BOB, CARL, ZOE, Stage, invited, person, stage

PEOPLE: Final = (ZOE, person("dan"), person("eve"))


def imports(
    here: Stage,
    *people: Principal,
    role: str = "member",
    workspaces: Mapping[str, str] | None = None,
    by: Principal = ADA,
) -> Contender:
    """These users are brought in at once, with their addresses."""
    rows = [NewMember(who.user_id, role=role, workspaces=workspaces, email=who.email) for who in people]
    return lambda t: t.tenant(here.tenant_id, by=by).members.add_many(rows)


def imported_while_one_is_invited(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy)
    return here.round(
        imports(here, *PEOPLE),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS, role="admin"),
    )


def imported_while_an_invitation_is_revoked(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return here.round(
        imports(here, *PEOPLE),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
    )


def imported_while_an_invitation_is_sent_again(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return here.round(
        imports(here, *PEOPLE),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.resend(id),
    )


def imported_while_an_invitation_is_accepted(tenancy: Tenantry) -> Round:
    """RC-15, E83."""
    here = stage(tenancy)
    _, token = invited(tenancy, here, role="admin")
    return here.round(imports(here, *PEOPLE), lambda t: t.person(ZOE).accept(token))


def imported_while_one_is_added(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy)
    return here.round(
        imports(here, *PEOPLE),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.add(ZOE.user_id, role="admin"),
    )


def two_imports_share_a_user(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy)
    return here.round(imports(here, *PEOPLE), imports(here, BOB, ZOE, role="admin"))


def imported_by_somebody_who_is_demoted(tenancy: Tenantry) -> Round:
    """RC-15."""
    here = stage(tenancy, carl="admin")
    return here.round(
        imports(here, *PEOPLE, by=CARL),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(CARL.user_id, role="member"),
    )


# --- forgotten


def leaver(tenancy: Tenantry, here: Stage, role: str) -> str:
    """The id of a member whom no other round knows: they are forgotten in every tenant."""
    user_id = f"user_{here.tag}"
    tenancy.tenant(here.tenant_id, by=SYSTEM).members.add(user_id, role=role, name="Lee", email=f"lee@{here.tag}.test")
    return user_id


def forgotten_while_promoted(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    lee = leaver(tenancy, here, "member")
    return here.round(
        lambda t: t.forget(lee),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(lee, role="owner"),
    )


MANY_SCENARIOS: Final[Sequence[Scenario]] = (
    imported_while_one_is_invited,
    imported_while_an_invitation_is_revoked,
    imported_while_an_invitation_is_sent_again,
    imported_while_an_invitation_is_accepted,
    imported_while_one_is_added,
    two_imports_share_a_user,
    imported_by_somebody_who_is_demoted,
    forgotten_while_promoted,
)
