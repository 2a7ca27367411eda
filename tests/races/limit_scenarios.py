"""The races for the last free places of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenantry import SYSTEM, NewMember, Plan, Principal, Tenantry
from tests.races.plans import FIGURES, HELD, OPEN, PLACES
from tests.races.race import Contender, Round, Scenario
from tests.races.scenarios import ADA, BOB, CARL, ZOE, Stage, person, stage

DAN: Final = person("dan")
ALIKE: Final = tuple(person(f"zoe-{number:08x}") for number in range(8))
"""Eight whose names look the same in a picture."""


def limited(tenancy: Tenantry, here: Stage, plan: Plan) -> None:
    """From now on the tenant has this plan."""
    tenancy.tenant(here.tenant_id, by=SYSTEM).update(name=plan.name)


def invited(tenancy: Tenantry, here: Stage, *people: Principal) -> Sequence[Contender]:
    """Each accepts an invitation of their own."""
    with tenancy.transaction() as tx:
        context = tx.tenant(here.tenant_id, by=ADA)
        tokens = [context.invitations.send(str(who.email)).token for who in people]

    def accepts(who: Principal, token: str) -> Contender:
        return lambda t: t.person(who).accept(token)

    return [accepts(who, token) for who, token in zip(people, tokens, strict=True)]


def adds(here: Stage, who: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.add(who.user_id)


def imports(here: Stage, who: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.add_many([NewMember(who.user_id)])


def reactivates(tenancy: Tenantry, here: Stage, who: Principal) -> Contender:
    tenancy.tenant(here.tenant_id, by=ADA).members.deactivate(who.user_id)
    return lambda t: t.tenant(here.tenant_id, by=ADA).members.reactivate(who.user_id)


def invites(here: Stage, who: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=ADA).invitations.send(str(who.email))


# --- members


def four_ways_in_for_two_places(tenancy: Tenantry) -> Round:
    """RC-04: accepted, added, imported and reactivated."""
    here = stage(tenancy, bob="member", eve="member")
    contenders = [
        *invited(tenancy, here, ZOE),
        adds(here, DAN),
        imports(here, CARL),
        reactivates(tenancy, here, BOB),
    ]
    limited(tenancy, here, OPEN)
    return here.round(*contenders)


def an_invitation_holds_its_place_while_others_want_the_last_one(tenancy: Tenantry) -> Round:
    """RC-04."""
    here = stage(tenancy, bob="member", eve="member")
    contenders = [
        *invited(tenancy, here, ZOE),
        adds(here, DAN),
        reactivates(tenancy, here, BOB),
        invites(here, CARL),
    ]
    limited(tenancy, here, HELD)
    return here.round(*contenders)


def eight_accept_for_three_places(tenancy: Tenantry) -> Round:
    """RC-04."""
    here = stage(tenancy)
    contenders = invited(tenancy, here, *ALIKE)
    limited(tenancy, here, OPEN)
    return here.alike(*contenders)


def eight_are_added_for_three_places(tenancy: Tenantry) -> Round:
    """RC-04."""
    here = stage(tenancy)
    limited(tenancy, here, OPEN)
    return here.alike(*(adds(here, who) for who in ALIKE))


def eight_are_invited_for_three_places(tenancy: Tenantry) -> Round:
    """RC-04."""
    here = stage(tenancy)
    limited(tenancy, here, HELD)
    return here.alike(*(invites(here, who) for who in ALIKE))


# --- workspaces


def one_workspace_is_made_and_another_restored(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA)
    context.workspaces.create("Kept")
    hidden = context.workspaces.archive(context.workspaces.create("Hidden").id).id
    limited(tenancy, here, PLACES)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create("New"),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.restore(hidden),
    )


def eight_workspaces_are_made_for_two_places(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    limited(tenancy, here, PLACES)

    def create(number: int) -> Contender:
        name = f"Context-{number:08x}"
        return lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create(name, slug=name.lower())

    return here.alike(*map(create, range(8)))


# --- figures


def eight_use_three_sites(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    limited(tenancy, here, FIGURES)
    return here.alike(*[lambda t: t.tenant(here.tenant_id, by=ADA).plan.use("sites")] * 8)


def eight_use_three_applications_of_a_workspace(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press").id
    limited(tenancy, here, FIGURES)
    return here.alike(*[lambda t: t.tenant(here.tenant_id, by=ADA).plan.use("applications", workspace=context)] * 8)


def the_last_application_is_used_given_back_and_recorded(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press").id
    tenancy.tenant(here.tenant_id, by=ADA).plan.use("applications", 2, workspace=context)
    limited(tenancy, here, FIGURES)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).plan.use("applications", 2, workspace=context),
        lambda t: t.tenant(here.tenant_id, by=ADA).plan.use("applications", -2, workspace=context),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.record_counters(context, {"applications": 3}),
    )


LIMIT_SCENARIOS: Final[Sequence[Scenario]] = (
    four_ways_in_for_two_places,
    an_invitation_holds_its_place_while_others_want_the_last_one,
    eight_accept_for_three_places,
    eight_are_added_for_three_places,
    eight_are_invited_for_three_places,
    one_workspace_is_made_and_another_restored,
    eight_workspaces_are_made_for_two_places,
    eight_use_three_sites,
    eight_use_three_applications_of_a_workspace,
    the_last_application_is_used_given_back_and_recorded,
)
