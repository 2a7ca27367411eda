"""A user disappears: from every tenant, with their name and address, and with nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tenantry import (
    SYSTEM,
    Change,
    Forgotten,
    Invalid,
    InvitationRevoked,
    InvitationStatus,
    Membership,
    NotFound,
    Origin,
    Principal,
    TenantMismatch,
    Tenantry,
    schemes,
)
from tenantry.invitations.model import INVITATIONS
from tenantry.notices.model import NOTICES
from tenantry.ports import Operator, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.sqlalchemy.tables import TABLES
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company, someone

BIRD = Principal("user_77", email="Canary.Bird@gov.test", email_verified=True, name="Canary Bird")
HOME = Origin(address="198.51.100.77", user_agent="CanaryFox", request_id="r-1")
WORDS = ("canary", "198.51.100.77")
"""What must not be found anywhere, in any case."""


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)


def company(tenancy: Tenantry, name: str, owner: Principal = ADA) -> Company:
    return Company(tenancy, tenancy.create_tenant(name, owner=owner))


def flown_in(company: Company, *, by: Principal = ADA, **offer: Any) -> None:
    """The bird is invited, with kind words, and accepts."""
    issued = company.context(by).invitations.send("canary.bird@GOV.test", message="Dear Canary", **offer)
    company.tenancy.person(BIRD, origin=HOME).accept(issued.token)


def stored(store: Store) -> Iterator[str]:
    """Everything that is stored, as text: on a database each row of each table, whatever we know of its columns."""
    if isinstance(store, SQLAlchemyStore):
        with store.engine.connect() as connection:
            for table in TABLES.values():
                yield from (f"{table.name} {row}" for row in connection.execute(text(f"SELECT * FROM {table.name}")))
    else:
        with store.across(Operator()) as across:
            for collection in TABLES:
                for row in across.records(collection).list():
                    made = [collection.value(row, name) for name in collection.fields]
                    yield f"{collection.name} {made}"


def traces(store: Store) -> list[str]:
    return [row for row in stored(store) if any(word in row.lower() for word in WORDS)]


def invitations(store: Store, company: Company) -> list[tuple[str, str]]:
    with store.across(Operator()) as across:
        found = across.records(INVITATIONS).list(tenant_id=company.id)
    return [(each.email, each.status.value) for each in found]


def test_a_user_leaves_every_tenant(tenancy: Tenantry) -> None:
    acme, beta, gamma = company(tenancy, "Acme"), company(tenancy, "Beta"), company(tenancy, "Gamma")
    for each in (acme, beta):
        each.add(BIRD, "admin")
    beta.context().members.deactivate(BIRD.user_id)
    tenancy.tenant(gamma.id, by=ADA).members.add(BOB.user_id, email=BOB.email)

    done = tenancy.forget(BIRD.user_id)

    assert done == Forgotten(user_id=BIRD.user_id, left=(acme.id, beta.id), erased=(acme.id, beta.id))
    assert not tenancy.person(BIRD).tenants()
    for each in (acme, beta):
        assert each.user_ids() == [ADA.user_id]
        assert each.trail()[-2:] == ["member.forgotten", "audit.erased"]
        assert each.context().get().members == 1
    assert gamma.trail().count("member.forgotten") == 0


def test_nothing_tells_the_name_or_the_address_any_more(tenancy: Tenantry, store: Store, clock: FrozenClock) -> None:
    """Not even in the words of others to them, in what they said, or in notices to others; and all trails verify."""
    acme, beta, gamma = company(tenancy, "Acme"), company(tenancy, "Beta"), company(tenancy, "Gamma")
    delta, late = company(tenancy, "Delta", CAY), company(tenancy, "Late", CAY)
    flown_in(acme, role="admin")
    acme.context().members.update(BIRD.user_id, name="C. Canary", email="canary@home.test")
    acme.context(SYSTEM).members.update(BIRD.user_id, name="Canary B.")
    acme.context().members.change_role(BIRD.user_id, role="member")
    acme.context().members.change_role(BIRD.user_id, role="admin")
    tenancy.tenant(acme.id, by=BIRD, origin=HOME).invitations.send("eve@gov.test")
    tenancy.tenant(acme.id, by=BIRD, origin=HOME).workspaces.create("Justice")
    no = beta.context().invitations.send(str(BIRD.email), message="Come, Canary")
    tenancy.person(BIRD, origin=HOME).decline(no.token, "Canary says no")
    flown_in(gamma)
    gamma.context().members.remove(BIRD.user_id)
    late.context(CAY).invitations.send(str(BIRD.email), expires_in=timedelta(minutes=5))
    clock.advance(timedelta(minutes=10))
    delta.context(CAY).invitations.send(str(BIRD.email), message="Canary?")
    offices = (acme, beta, gamma, delta, late)
    assert len(traces(store)) > 20

    done = tenancy.forget(BIRD.user_id)

    assert traces(store) == []
    assert done.left == (acme.id,)
    assert sorted(done.erased) == sorted(each.id for each in offices)
    for each in offices:
        assert each.trail().count("member.forgotten") == 1
        assert each.context(SYSTEM).audit.verify().intact
    assert invitations(store, acme) == [("(erased)", "accepted"), ("eve@gov.test", "revoked")]
    assert invitations(store, beta) == [("(erased)", "declined")]
    assert invitations(store, delta) == [("(erased)", "revoked")]
    assert invitations(store, late) == [("(erased)", "revoked")]
    assert "invitation.revoked" in delta.trail()
    assert "invitation.superseded" in late.trail()
    for each in (beta, gamma):  # what was closed before is not closed again
        assert not {"invitation.revoked", "invitation.superseded"} & set(each.trail())


def test_forgetting_again_leaves_no_trace(tenancy: Tenantry, store: Store) -> None:
    acme, beta = company(tenancy, "Acme"), company(tenancy, "Canary Ltd")
    flown_in(acme)
    flown_in(beta)
    tenancy.forget(BIRD.user_id, emails=[str(BIRD.email)])
    before = sorted(stored(store))

    assert tenancy.forget(BIRD.user_id, emails=[str(BIRD.email)]) == Forgotten(user_id=BIRD.user_id)
    assert tenancy.forget("nobody") == Forgotten(user_id="nobody")

    assert sorted(stored(store)) == before


def test_the_last_owner_stays_and_is_reported(tenancy: Tenantry, store: Store) -> None:
    acme, beta = company(tenancy, "Acme", BIRD), company(tenancy, "Beta", BIRD)
    beta.add(ADA, "owner")
    before = sorted(row for row in stored(store) if acme.id in row)

    done = tenancy.forget(BIRD.user_id)

    assert done == Forgotten(user_id=BIRD.user_id, left=(beta.id,), last_owner_of=(acme.id,), erased=(beta.id,))
    assert sorted(row for row in stored(store) if acme.id in row) == before
    acme.context(SYSTEM).members.add(ADA.user_id, role="owner")
    assert tenancy.forget(BIRD.user_id).left == (acme.id,)
    assert traces(store) == []


def suspended(company: Company) -> None:
    company.context(SYSTEM).suspend("Unpaid")


def deleted(company: Company) -> None:
    company.context(SYSTEM).delete()


@pytest.mark.parametrize("closed", [suspended, deleted])
def test_a_tenant_that_is_not_in_use_forgets_as_well(
    tenancy: Tenantry, store: Store, closed: Callable[[Company], None]
) -> None:
    acme = company(tenancy, "Acme")
    flown_in(acme)
    closed(acme)

    assert tenancy.forget(BIRD.user_id).left == (acme.id,)
    assert traces(store) == []


def test_a_purged_tenant_has_nothing_to_forget(tenancy: Tenantry, store: Store, clock: FrozenClock) -> None:
    acme = company(tenancy, "Acme")
    flown_in(acme)
    acme.context().delete(confirm="Acme")
    clock.advance(timedelta(days=100))
    assert tenancy.jobs.purge(limit=10).tenant_ids == (acme.id,)

    assert tenancy.forget(BIRD.user_id) == Forgotten(user_id=BIRD.user_id)
    assert traces(store) == []


def others(store: Store, who: Principal) -> list[str]:
    """What is stored of somebody."""
    email = str(who.email).lower()
    return [
        row
        for row in stored(store)
        if (who.user_id in row or email in row.lower()) and "tenants " not in row and BIRD.user_id not in row
    ]


def test_others_are_whole(tenancy: Tenantry, store: Store) -> None:
    """LC-07: also who has the same name, and who acted on the same day."""
    acme, beta = company(tenancy, "Acme"), company(tenancy, "Beta")
    namesake = someone("twin", name=BIRD.name)
    there = Origin(address="192.0.2.1", user_agent="Firefox")
    for each in (acme, beta):
        flown_in(each)
        each.add(BOB, "admin")
        each.add(namesake, "admin")
        each.invite(FAY, by=namesake)
        issued = each.invite(DAN)
        tenancy.person(DAN, origin=there).accept(issued.token)
        tenancy.tenant(each.id, by=BOB, origin=there).members.update(DAN.user_id, name="Daniel")
        tenancy.tenant(each.id, by=BOB, origin=there).invitations.send("eve@acme.test", message="Dear Eve")
    people = (BOB, DAN, EVE, FAY, namesake)
    before = {who.user_id: others(store, who) for who in people}
    members = {who.user_id: beta.member(who) for who in (ADA, BOB, DAN, namesake)}

    tenancy.forget(BIRD.user_id)

    assert all(before.values())
    assert {who.user_id: others(store, who) for who in people} == before
    assert {who.user_id: beta.member(who) for who in (ADA, BOB, DAN, namesake)} == members
    shown = {event.action: event for event in acme.context().audit.list(limit=200) if event.principal == BOB.user_id}
    assert shown["member.recorded"].after["name"] == "Daniel"
    assert shown["member.recorded"].address == "192.0.2.1"
    assert shown["invitation.sent"].after["email"] == "eve@acme.test"


def test_what_one_tenant_says_of_an_address_counts_in_that_tenant_alone(tenancy: Tenantry, store: Store) -> None:
    """LC-07: or whoever records a stranger's address for a member could have the stranger's invitations withdrawn."""
    acme, beta = company(tenancy, "Acme"), company(tenancy, "Beta")
    acme.add(BOB)
    acme.context().members.update(BOB.user_id, email=str(BIRD.email))
    issued = beta.context().invitations.send(str(BIRD.email))

    assert tenancy.forget(BOB.user_id).erased == (acme.id,)

    assert invitations(store, beta) == [(BIRD.email, "pending")]
    assert tenancy.person(BIRD).accept(issued.token).membership.email == BIRD.email


def test_the_host_says_what_else_is_their_address(tenancy: Tenantry, store: Store) -> None:
    acme, beta = company(tenancy, "Acme"), company(tenancy, "Beta")
    acme.add(BIRD)
    token = beta.context().invitations.send(str(BIRD.email)).token

    assert tenancy.forget(BIRD.user_id, emails=["canary.bird@gov.TEST"]).erased == (acme.id, beta.id)

    assert traces(store) == []
    with pytest.raises(InvitationRevoked):
        tenancy.person(BIRD).accept(token)


def test_what_a_tenant_has_recorded_as_their_address_counts_there(tenancy: Tenantry, store: Store) -> None:
    """LC-07: also where they are no member any more, and have never accepted anything."""
    acme = company(tenancy, "Acme")
    acme.add(BIRD)
    acme.context().members.remove(BIRD.user_id)
    token = acme.context().invitations.send(str(BIRD.email)).token

    assert tenancy.forget(BIRD.user_id).erased == (acme.id,)

    assert traces(store) == []
    with pytest.raises(InvitationRevoked):
        tenancy.person(BIRD).accept(token)


def test_tenants_that_prove_an_address_come_last(tenancy: Tenantry) -> None:
    """LC-07: once the proof is erased, who goes on where it ended finds nothing by it."""
    acme, beta = company(tenancy, "Acme"), company(tenancy, "Beta")
    flown_in(acme)
    beta.context().invitations.send(str(BIRD.email))

    assert tenancy.forget(BIRD.user_id).erased == (beta.id, acme.id)


def test_what_is_owed_to_another_user_of_the_same_address_is_kept(tenancy: Tenantry, store: Store) -> None:
    """LC-07: two accounts may have one address."""
    acme = company(tenancy, "Acme")
    acme.add(BIRD)
    twin = Principal("user_twin", email=BIRD.email, email_verified=True, name="Twin")
    acme.add(twin)
    acme.context().members.change_role(twin.user_id, role="admin")
    acme.context().members.change_role(BIRD.user_id, role="admin")

    tenancy.forget(BIRD.user_id)

    with store.across(Operator()) as across:
        assert [each.user_id for each in across.records(NOTICES).list()] == [twin.user_id]


def test_an_invitation_that_somebody_else_accepted_is_theirs(tenancy: Tenantry, store: Store) -> None:
    """LC-07: two accounts may have one address."""
    acme = company(tenancy, "Acme")
    twin = Principal("user_twin", email=BIRD.email, email_verified=True, name="Twin")
    flown_in(acme)
    acme.context().members.remove(BIRD.user_id)
    tenancy.person(twin).accept(acme.context().invitations.send(str(BIRD.email)).token)

    tenancy.forget(BIRD.user_id)

    assert invitations(store, acme) == [("(erased)", "accepted"), (str(BIRD.email), "accepted")]
    assert acme.member(twin).email == BIRD.email


class Leaves:
    """What members own in the host, and who ends up with it."""

    name = "leaves"

    def __init__(self) -> None:
        self.changes: list[tuple[str, Change]] = []
        self.refuses = ""

    def revoke(self, change: Change, session: Any) -> int:
        self.changes.append(("revoke", change))
        return 1

    def reassign(self, change: Change, session: Any) -> int:
        if change.tenant_id == self.refuses:
            raise RuntimeError("not now")
        self.changes.append(("reassign", change))
        return 2


@pytest.fixture
def leaves() -> Leaves:
    return Leaves()


@pytest.fixture
def hosted(store: Store, leaves: Leaves) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=[leaves], notices=True)


def test_what_they_own_goes_to_an_owner(hosted: Tenantry, leaves: Leaves) -> None:
    acme = company(hosted, "Acme")
    flown_in(acme)

    hosted.forget(BIRD.user_id, by=SYSTEM.job("privacy"))

    assert [(name, change.kind, change.user_id, change.to) for name, change in leaves.changes] == [
        ("revoke", "member.forgotten", BIRD.user_id, ADA.user_id),
        ("reassign", "member.forgotten", BIRD.user_id, ADA.user_id),
    ]
    [forgotten] = [event for event in acme.context().audit.list() if event.action == "member.forgotten"]
    assert forgotten.principal == "system:privacy"
    assert forgotten.after["resources"] == {"leaves": 2}


def test_what_ended_halfway_goes_on_where_it_was(hosted: Tenantry, leaves: Leaves, store: Store) -> None:
    """Each tenant is one transaction: whole, or as it was."""
    offices = [company(hosted, name) for name in ("Acme", "Beta", "Gamma")]
    for each in offices:
        flown_in(each)
    leaves.refuses = offices[1].id
    before = sorted(row for row in stored(store) if offices[1].id in row)

    with pytest.raises(RuntimeError):
        hosted.forget(BIRD.user_id)

    assert [BIRD.user_id in each.user_ids() for each in offices] == [False, True, True]
    assert sorted(row for row in stored(store) if offices[1].id in row) == before
    leaves.refuses = ""
    assert hosted.forget(BIRD.user_id).left == tuple(each.id for each in offices[1:])
    assert traces(store) == []
    assert [each.trail().count("member.forgotten") for each in offices] == [1, 1, 1]


@pytest.mark.parametrize("by", [ADA, Principal.service("privacy"), None], ids=repr)
def test_only_the_system_forgets(tenancy: Tenantry, by: Any) -> None:
    acme = company(tenancy, "Acme")
    acme.add(BIRD)

    with pytest.raises(Invalid):
        tenancy.forget(BIRD.user_id, by=by)
    assert acme.member(BIRD).name == BIRD.name


@pytest.mark.parametrize("user_id", ["", None, 7, "system", "a\0b", "x" * 256])
def test_who_can_be_no_member_cannot_be_forgotten(tenancy: Tenantry, user_id: Any) -> None:
    with pytest.raises(Invalid):
        tenancy.forget(user_id)


@pytest.mark.parametrize("emails", ["a@b.test", ["nobody"], [None], 7, None])
def test_addresses_are_addresses(tenancy: Tenantry, emails: Any) -> None:
    with pytest.raises(Invalid):
        tenancy.forget(BIRD.user_id, emails=emails)


def test_a_guest_forgets_in_the_transaction_of_its_host(sql_store: SQLAlchemyStore) -> None:
    own = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    offices = [company(own, name) for name in ("Acme", "Beta")]
    for each in offices:
        each.add(BIRD)

    with sql_store.engine.connect() as connection:
        guest = own.using(SessionStore(connection))
        assert len(guest.forget(BIRD.user_id).left) == 2
        connection.rollback()
        assert len(own.person(BIRD).tenants()) == 2
        guest.forget(BIRD.user_id)
        connection.commit()

    assert not own.person(BIRD).tenants()


def test_a_transaction_of_one_tenant_cannot_forget_in_two(tenancy: Tenantry) -> None:
    offices = [company(tenancy, name) for name in ("Acme", "Beta")]
    for each in offices:
        each.add(BIRD)

    with pytest.raises(TenantMismatch), tenancy.transaction() as tx:
        tx.forget(BIRD.user_id)

    assert len(tenancy.person(BIRD).tenants()) == 2


def test_who_was_forgotten_may_begin_anew(tenancy: Tenantry) -> None:
    """E18, E83: nothing of before comes back, and no old link either."""
    acme = company(tenancy, "Acme")
    flown_in(acme, role="admin", workspaces={acme.general: "admin"})
    old: Membership = acme.member(BIRD)
    tenancy.forget(BIRD.user_id)

    flown_in(acme)

    new = acme.member(BIRD)
    assert new.id != old.id
    assert (new.roles, new.workspaces) == (("member",), {})
    with pytest.raises(NotFound):
        acme.context(BOB).get()


def test_notices_to_others_do_not_name_them(tenancy: Tenantry, store: Store) -> None:
    acme = company(tenancy, "Acme")
    flown_in(acme, role="admin")
    acme.context(BIRD).invitations.send("eve@gov.test")

    tenancy.forget(BIRD.user_id)

    with store.across(Operator()) as across:
        told = {each.kind.value: each.data for each in across.records(NOTICES).list()}
    assert told["accepted"]["invitee"] == "(erased)"
    assert told["invitation"]["inviter"] == "(erased)"
    assert told["accepted"]["tenant"] == "Acme"
    assert [each.status for each in acme.context().invitations.list()][-1] is InvitationStatus.REVOKED


def test_a_user_has_only_so_many_addresses(tenancy: Tenantry) -> None:
    """No driver takes any number of them."""
    with pytest.raises(Invalid) as refused:
        tenancy.forget(BIRD.user_id, emails=[f"bird+{number}@acme.test" for number in range(1_001)])
    assert refused.value.field == "emails"
