"""When somebody signs in: it is kept once for them, and what their tenants know of them is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import evolve
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tenantry import SYSTEM, Invalid, Principal, TenantMismatch, Tenantry, schemes
from tenantry.members.sign_ins import SIGN_INS, SignIn
from tenantry.memory import MemoryStore
from tenantry.ports import Operator, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company
from tests.features.test_statements import counting

NEW_BOB = evolve(BOB, name="Robert", email="Robert@acme.test")


def company(tenancy: Tenantry, name: str, *members: Principal) -> Company:
    found = Company(tenancy, tenancy.create_tenant(name, owner=ADA))
    for each in members:
        found.add(each)
    return found


def signed_in(store: Store) -> list[SignIn]:
    with store.across(Operator()) as across:
        return [*across.records(SIGN_INS).list()]


def test_every_tenant_shows_when_a_member_signed_in(tenancy: Tenantry, clock: FrozenClock) -> None:
    acme, beta = company(tenancy, "Acme", BOB), company(tenancy, "Beta", BOB)

    tenancy.person(BOB).signed_in()

    for each in (acme, beta):
        assert each.member(BOB).last_sign_in_at == clock()
        assert each.member(ADA).last_sign_in_at is None
        assert {m.user_id: m.last_sign_in_at for m in each.context().members.list()} == {
            ADA.user_id: None,
            BOB.user_id: clock(),
        }
        assert [m.last_sign_in_at for m in each.context().members.list(search="bob", order="name")] == [clock()]
        assert each.context(BOB).members.get(BOB.user_id).last_sign_in_at == clock()
        places = each.context().workspaces
        places.add_member(each.general, BOB.user_id, role="viewer")
        assert [m.last_sign_in_at for m in places.members(each.general) if m.user_id == BOB.user_id] == [clock()]
        who = each.context().who_can("workspace-api:workspace:read", workspace=each.general)
        assert {m.user_id: m.last_sign_in_at for m in who}[BOB.user_id] == clock()
    assert [mine.membership.last_sign_in_at for mine in tenancy.person(BOB).tenants()] == [clock(), clock()]


def test_a_sign_in_leaves_no_event_and_changes_no_tenant(tenancy: Tenantry, store: Store) -> None:
    """Fifty sign-ins were fifty events in each tenant, and each of these a lock."""
    acme, beta = company(tenancy, "Acme", BOB), company(tenancy, "Beta", BOB)
    before = [(each.context().get(), each.trail()) for each in (acme, beta)]

    for _ in range(50):
        assert tenancy.person(BOB).signed_in() == []

    assert [(each.context().get(), each.trail()) for each in (acme, beta)] == before
    assert [each.user_id for each in signed_in(store)] == [BOB.user_id]


def test_an_earlier_sign_in_never_replaces_a_later_one(tenancy: Tenantry, clock: FrozenClock) -> None:
    acme = company(tenancy, "Acme", BOB)
    bob = tenancy.person(BOB)
    now = clock()

    bob.signed_in(now - timedelta(days=1))
    assert acme.member(BOB).last_sign_in_at == now - timedelta(days=1)
    bob.signed_in()
    bob.signed_in(now - timedelta(days=2))
    assert acme.member(BOB).last_sign_in_at == now
    clock.advance(seconds=1)
    bob.signed_in((now + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=2))))
    assert acme.member(BOB).last_sign_in_at == now + timedelta(seconds=1)


@pytest.mark.parametrize("at", ["now", datetime(2026, 1, 1), 5, datetime(1899, 12, 31, tzinfo=UTC)], ids=repr)  # noqa: DTZ001
def test_what_is_no_time_of_a_sign_in_is_refused(tenancy: Tenantry, at: object) -> None:
    with pytest.raises(Invalid) as refused:
        tenancy.person(BOB).signed_in(at)  # type: ignore[arg-type]
    assert refused.value.field == "at"


def test_nobody_has_signed_in_in_the_future(tenancy: Tenantry, store: Store, clock: FrozenClock) -> None:
    """It could never be replaced."""
    with pytest.raises(Invalid):
        tenancy.person(BOB).signed_in(clock() + timedelta(seconds=1))
    assert signed_in(store) == []


def test_a_sign_in_is_kept_of_who_is_no_member_yet(tenancy: Tenantry, clock: FrozenClock) -> None:
    assert tenancy.person(BOB).signed_in() == []

    acme = company(tenancy, "Acme", BOB)

    assert acme.member(BOB).last_sign_in_at == clock()


def test_a_sign_in_is_one_statement_whatever_the_number_of_tenants(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    tenants: list[str] = []
    for number in (1, 10, 100):
        while len(tenants) < number:
            tenants.append(company(tenancy, f"Tenant {len(tenants)}", BOB).id)
        for who, expected in ((BOB, []), (NEW_BOB, sorted(tenants))):
            with counting(sql_store.engine) as executed:
                assert tenancy.person(who).signed_in() == expected
            assert len(executed) == 1, executed


def test_lists_of_members_cost_no_statement_more_than_without_sign_ins(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = company(tenancy, "Acme", BOB, CAY)

    def costs() -> list[int]:
        found = []
        for ask in (acme.context().members.list, tenancy.person(BOB).tenants, lambda: acme.member(BOB)):
            with counting(sql_store.engine) as executed:
                ask()
            found.append(len(executed))
        return found

    before = costs()
    for who in (ADA, BOB, CAY):
        tenancy.person(who).signed_in()
    assert costs() == before


# --- what the tenants know


def test_a_sign_in_tells_where_a_profile_is_out_of_date_and_a_refresh_brings_it_up_to_date(tenancy: Tenantry) -> None:
    acme, gamma = (company(tenancy, name, BOB) for name in ("Acme", "Gamma"))
    beta = company(tenancy, "Beta", NEW_BOB)
    person = tenancy.person(NEW_BOB)
    versions = [each.trail() for each in (acme, beta, gamma)]

    assert person.signed_in() == [acme.id, gamma.id]
    assert acme.member(BOB).name == "Bob"
    assert person.refresh_profile() == [acme.id, gamma.id]

    for each, before in zip((acme, beta, gamma), versions, strict=True):
        member = each.member(BOB)
        assert (member.name, member.email) == ("Robert", "Robert@acme.test")
        assert each.trail() == [*before, *(["member.recorded"] if each is not beta else [])]
    [event] = acme.context().audit.list(limit=1)
    assert (event.principal, event.target) == (BOB.user_id, BOB.user_id)
    assert event.before == {"name": "Bob", "email": "bob@acme.test"}
    assert event.after == {"name": "Robert", "email": "Robert@acme.test"}
    assert person.signed_in() == []
    assert person.refresh_profile() == []
    assert len(tenancy.person(NEW_BOB).tenants()) == 3


def test_a_refreshed_member_is_found_by_the_new_name_and_address(tenancy: Tenantry) -> None:
    acme = company(tenancy, "Acme", BOB)

    tenancy.person(NEW_BOB).refresh_profile()

    assert [member.user_id for member in acme.context().members.list(search="robert")] == [BOB.user_id]
    assert not acme.context().members.list(search="bob@")
    assert acme.context().members.list(order="name")[-1].user_id == BOB.user_id


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (Principal(BOB.user_id), ("Bob", "bob@acme.test")),
        (Principal(BOB.user_id, name="Robert"), ("Robert", "bob@acme.test")),
        (Principal(BOB.user_id, email="new@acme.test", email_verified=True), ("Bob", "new@acme.test")),
        (Principal(BOB.user_id, name="\u202eBob", email="no address", email_verified=True), ("Bob", "bob@acme.test")),
        (Principal(BOB.user_id, email="victim@acme.test"), ("Bob", "bob@acme.test")),
        (evolve(NEW_BOB, active=False), ("Bob", "bob@acme.test")),
    ],
    ids=["nothing", "a name", "an address", "neither can be stored", "not proven", "switched off"],
)
def test_what_the_host_does_not_know_or_has_no_proof_of_stays_as_it_is(
    tenancy: Tenantry, principal: Principal, expected: tuple[str, str]
) -> None:
    acme = company(tenancy, "Acme", BOB)
    person = tenancy.person(principal)
    changed = [acme.id] if expected != ("Bob", "bob@acme.test") else []

    assert person.signed_in() == changed
    assert person.refresh_profile() == changed

    member = acme.member(BOB)
    assert (member.name, member.email) == expected
    assert person.signed_in() == []


def test_tenants_in_which_a_person_may_not_act_are_left_as_they_are(tenancy: Tenantry) -> None:
    """They are told of once the person may act there again."""
    off, closed, gone, live = (company(tenancy, name, BOB) for name in ("Off", "Closed", "Gone", "Live"))
    off.context().members.deactivate(BOB.user_id)
    closed.context().suspend("Unpaid")
    gone.context().delete(confirm="Gone")
    person = tenancy.person(NEW_BOB)

    assert person.signed_in() == [live.id]
    assert person.refresh_profile() == [live.id]
    assert {each.member(BOB).name for each in (off, closed, gone)} == {"Bob"}
    assert [each.trail().count("access.denied") for each in (off, closed, gone)] == [0, 0, 0]

    off.context().members.reactivate(BOB.user_id)
    closed.context().resume()
    assert person.signed_in() == sorted([off.id, closed.id])


def test_nobody_elses_profile_is_touched(tenancy: Tenantry) -> None:
    acme = company(tenancy, "Acme", BOB, CAY)
    others = [acme.member(each) for each in (ADA, CAY)]

    tenancy.person(NEW_BOB).signed_in()
    tenancy.person(NEW_BOB).refresh_profile()
    tenancy.person(EVE).signed_in()
    assert tenancy.person(EVE).refresh_profile() == []

    assert [acme.member(each) for each in (ADA, CAY)] == others


def test_within_a_transaction_one_tenant_is_refreshed_and_not_two(tenancy: Tenantry) -> None:
    acme = company(tenancy, "Acme", BOB)
    with tenancy.transaction() as tx:
        assert tx.person(NEW_BOB).signed_in() == [acme.id]
        assert tx.person(NEW_BOB).refresh_profile() == [acme.id]
    assert acme.member(BOB).name == "Robert"

    company(tenancy, "Beta", BOB)
    company(tenancy, "Gamma", BOB)
    with pytest.raises(TenantMismatch), tenancy.transaction() as tx:
        tx.person(NEW_BOB).refresh_profile()
    assert len(tenancy.person(NEW_BOB).signed_in()) == 2


# --- guests


@pytest.fixture(params=["session", "connection"])
def host(request: pytest.FixtureRequest, sql_store: SQLAlchemyStore) -> Iterator[Session | Connection]:
    with Session(sql_store.engine) if request.param == "session" else sql_store.engine.connect() as host:
        yield host


@pytest.mark.parametrize("kept", [True, False])
def test_a_sign_in_is_kept_or_undone_with_the_hosts_transaction(
    sql_store: SQLAlchemyStore, host: Session | Connection, kept: bool
) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = company(tenancy, "Acme", BOB)
    guest = tenancy.using(SessionStore(host)).person(NEW_BOB)

    assert guest.signed_in() == [acme.id]
    assert guest.refresh_profile() == [acme.id]
    assert not acme.member(BOB).last_sign_in_at
    host.commit() if kept else host.rollback()

    assert bool(acme.member(BOB).last_sign_in_at) is kept
    assert acme.member(BOB).name == ("Robert" if kept else "Bob")


def test_a_sign_in_that_fails_leaves_the_hosts_transaction_usable(
    sql_store: SQLAlchemyStore, host: Session | Connection
) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = company(tenancy, "Acme", BOB)
    guest = tenancy.using(SessionStore(host))
    guest.tenant(acme.id, by=ADA).update(name="Apex")

    with pytest.raises(Invalid):
        guest.person(BOB).signed_in(datetime(2999, 1, 1, tzinfo=UTC))
    host.execute(text("SELECT 1"))
    guest.person(BOB).signed_in()
    host.commit()

    assert acme.context().get().name == "Apex"
    assert acme.member(BOB).last_sign_in_at


# --- at the same time


def test_a_sign_in_waits_for_no_command_and_no_command_for_it(postgresql_store: SQLAlchemyStore) -> None:
    """Both are open at once, and neither overwrites what the other has written."""
    tenancy = Tenantry(store=postgresql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme, beta = company(tenancy, "Acme", BOB), company(tenancy, "Beta", BOB)
    with tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).members.update(BOB.user_id, name="Rob")
        tenancy.person(BOB).signed_in()  # by another connection, while the tenant is locked
    assert acme.member(BOB).name == "Rob"
    seen = acme.member(BOB).last_sign_in_at
    assert seen

    with Session(postgresql_store.engine) as host:
        tenancy.using(SessionStore(host)).person(BOB).signed_in()
        beta.context().members.update(BOB.user_id, name="Bobby")  # while the sign-in is not committed
        host.commit()
    member = beta.member(BOB)
    assert member.name == "Bobby"
    assert member.last_sign_in_at
    assert member.last_sign_in_at > seen


def test_of_many_sign_ins_and_commands_at_once_nothing_is_lost(store: Store, clock: FrozenClock) -> None:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = company(tenancy, "Acme", BOB, CAY)
    now = clock()

    def sign_in(number: int) -> None:
        tenancy.person(BOB if number % 2 else CAY).signed_in(now - timedelta(seconds=(number * 7) % 20))

    def rename(number: int) -> None:
        acme.context().workspaces.update(acme.general, description=f"Round {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: (sign_in if number % 3 else rename)(number), range(40)))

    assert {each.user_id for each in signed_in(store)} == {BOB.user_id, CAY.user_id}
    latest = {who: min((n * 7) % 20 for n in range(40) if n % 3 and n % 2 == who) for who in (0, 1)}
    assert acme.member(BOB).last_sign_in_at == now - timedelta(seconds=latest[1])
    assert acme.member(CAY).last_sign_in_at == now - timedelta(seconds=latest[0])
    assert acme.trail().count("workspace.updated") == 14


def test_a_profile_that_is_refreshed_twice_at_once_is_recorded_once(store: Store) -> None:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = company(tenancy, "Acme", BOB)

    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(lambda _: list(tenancy.person(NEW_BOB).refresh_profile()), range(4)))

    assert sorted(changed) == [[], [], [], [acme.id]]
    assert acme.trail().count("member.recorded") == 1


def test_users_who_sign_in_at_once_are_not_in_each_others_way() -> None:
    """Also in memory, where a transaction that has lost is told so."""
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = company(tenancy, "Acme", BOB, CAY)
    with tenancy.transaction() as tx:
        tx.person(BOB).signed_in()
        tenancy.person(CAY).signed_in()
        acme.context().update(name="Apex")
    assert acme.member(BOB).last_sign_in_at
    assert acme.member(CAY).last_sign_in_at
    assert acme.context().get().name == "Apex"


# --- the end


def test_a_user_who_is_forgotten_has_never_signed_in(tenancy: Tenantry, store: Store) -> None:
    """Also where they stay, as the last owner: the sign-in is no tenant's."""
    acme = company(tenancy, "Acme", BOB)
    own = Company(tenancy, tenancy.person(BOB).create_tenant("Own"))
    for who in (BOB, ADA):
        tenancy.person(who).signed_in()

    forgotten = tenancy.forget(BOB.user_id)

    assert (forgotten.left, forgotten.last_owner_of) == ((acme.id,), (own.id,))
    assert [each.user_id for each in signed_in(store)] == [ADA.user_id]
    assert own.member(BOB).last_sign_in_at is None
    tenancy.forget("user_unknown")


def test_a_sign_in_outlives_removals_and_purges(tenancy: Tenantry, clock: FrozenClock) -> None:
    acme, beta = company(tenancy, "Acme", BOB), company(tenancy, "Beta", BOB)
    tenancy.person(BOB).signed_in()
    then = clock()
    acme.context().members.remove(BOB.user_id)
    beta.context(SYSTEM).delete()
    clock.advance(days=365)
    assert tenancy.jobs.purge().tenant_ids == (beta.id,)

    acme.add(BOB)

    assert acme.member(BOB).last_sign_in_at == then
    assert "sign" not in str([event.before for event in acme.context().audit.list()])
