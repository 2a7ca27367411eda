"""Who is let into a command, and that two commands on one tenant never decide on the same facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from attrs import evolve

from ...invitations.model import INVITATIONS, InvitationStatus, invited_email_key
from ...kernel.errors import Conflict, NotFound, Stale, TenantryError
from ...members.model import GRANTS, MEMBERSHIPS, MembershipStatus
from ...notices.model import NOTICES
from ...storage.ports import Among, Before, Creating, Gate, OneOf, Open, Passes, Store, Transaction, Unlocked
from ...tenants.model import TENANTS, version_of
from ...workspaces.model import WORKSPACES
from .expect import holds, refused, same
from .world import (
    NOW,
    World,
    another_thread,
    founded,
    invitation,
    member,
    new_tenant,
    notice,
    repeated,
    version,
    workspace,
)

__all__ = ["Gates", "SerialCommands"]

_THREADS, _TURNS = 4, 5


class Gates:
    """Who is let into a command."""

    def test_members_of_any_status_are_let_in(self, store: Store) -> None:
        """What a deactivated member may do is not the store's to judge."""
        world = founded(store)
        idle = member(world.tenant, status=MembershipStatus.DEACTIVATED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(idle)
        for user_id in (world.member.user_id, idle.user_id):
            with store.command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": user_id})) as tx:
                same(tx.tenant().id, world.tenant.id, "a member of any status is let in")

    def test_whoever_has_an_invitation_is_let_in(self, store: Store) -> None:
        """The gate asks whether the invitation exists; how it stands is not the store's to judge."""
        world = founded(store)
        closed = invitation(world.tenant, status=InvitationStatus.REVOKED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(INVITATIONS).add(closed)
        for id in (world.invitation.id, closed.id):
            with store.command(world.tenant.id, gate=Passes(INVITATIONS, {"id": id})) as tx:
                same(tx.tenant().id, world.tenant.id, "whoever has an invitation is let in")

    def test_a_gate_asks_for_all_of_its_conditions(self, store: Store) -> None:
        """One entity must fulfil every condition; any collection and any kind of condition can be asked."""
        world, other = founded(store), founded(store)
        idle = member(world.tenant, status=MembershipStatus.DEACTIVATED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(idle)
        invited = world.invitation
        open_gates = [
            Passes(INVITATIONS, {"id": invited.id, "email_key": invited_email_key(invited)}),
            Passes(
                INVITATIONS, {"email_key": OneOf([invited_email_key(invited), "nobody"]), "expires_at": Before(NOW)}
            ),
            Passes(WORKSPACES, {"slug": world.workspace.slug}),
            Passes(MEMBERSHIPS, {"id": Among(GRANTS, "membership_id", {"role": world.grant.role})}),
            Passes(TENANTS, {"slug": world.tenant.slug}),
            Passes(MEMBERSHIPS, {}),
        ]
        for gate in open_gates:
            with store.command(world.tenant.id, gate=gate) as tx:
                same(tx.tenant().id, world.tenant.id, f"{gate} lets in where one entity fulfils all conditions")
        before = version(store, world.tenant)
        shut = [
            Passes(INVITATIONS, {"id": invited.id, "email_key": "another"}),
            Passes(MEMBERSHIPS, {"user_id": world.member.user_id, "status": MembershipStatus.DEACTIVATED}),
            Passes(INVITATIONS, {"id": OneOf([])}),
            Passes(MEMBERSHIPS, {"id": Among(GRANTS, "membership_id", {"role": "nothing"})}),
            Passes(TENANTS, {"slug": other.tenant.slug}),
        ]
        for gate in shut:
            with refused(NotFound, f"{gate} is shut, since no entity fulfils all conditions"):
                self._enter(store, world.tenant.id, gate)
        same(version(store, world.tenant), before, "a shut gate changes nothing")

    def test_nobody_else_is_let_in(self, store: Store) -> None:
        """Strangers, foreign invitations and unknown tenants are refused in the same words, and change nothing."""
        ours, theirs = founded(store), founded(store)
        unknown = "ten_unknown"
        shut: list[tuple[str, Gate]] = [
            (ours.tenant.id, Passes(MEMBERSHIPS, {"user_id": "nobody"})),
            (ours.tenant.id, Passes(MEMBERSHIPS, {"user_id": theirs.member.user_id})),
            (ours.tenant.id, Passes(INVITATIONS, {"id": "inv_unknown"})),
            (ours.tenant.id, Passes(INVITATIONS, {"id": theirs.invitation.id})),
            (unknown, Open()),
            (unknown, Passes(MEMBERSHIPS, {"user_id": ours.member.user_id})),
            (unknown, Passes(INVITATIONS, {"id": ours.invitation.id})),
        ]
        before = version(store, ours.tenant)
        answers = set()
        for tenant_id, gate in shut:
            try:
                self._enter(store, tenant_id, gate)
                raise AssertionError(f"Broken promise: {gate} does not let into {tenant_id}")
            except TenantryError as error:
                same(type(error), NotFound, f"{gate} is answered by NotFound")
                answers.add((str(error), str(error.data)))
        same(len(answers), 1, "a shut gate and a tenant that does not exist cannot be told apart")
        same(version(store, ours.tenant), before, "a stranger changes nothing, not even the version")

    def test_a_tenant_is_created_once(self, store: Store) -> None:
        """The row is there from the first statement on; a second creation is refused and changes nothing."""
        tenant = new_tenant()
        with store.command(tenant.id, gate=Creating(tenant)) as tx:
            same(tx.tenant(), tenant, "a tenant is there from the first statement of its creation")
        again = evolve(tenant, name="Changed")
        twice = refused(Conflict, "a tenant is not created twice", rule="id")
        with twice, store.command(tenant.id, gate=Creating(again)):
            pass
        with store.query(tenant.id) as tx:
            same(tx.tenant(), tenant, "a second creation changes nothing")

    def test_the_gate_is_one_statement_and_gives_the_row(self, store: Store) -> None:
        """To enter is one statement; the tenant's row is at hand after it."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": world.member.user_id})) as tx:
            tx.tenant()
            same(tx.statements, 1, "to enter a command is one statement, and gives the tenant's row")

    def test_a_command_may_be_told_how_long_to_wait(self, store: Store) -> None:
        """Where nobody has the lock it changes nothing."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open(), patience=timedelta(seconds=30)) as tx:
            tx.records(WORKSPACES).add(workspace(world.tenant))
        with store.begin() as guest, guest.command(world.tenant.id, gate=Open(), patience=timedelta(seconds=30)) as tx:
            same(tx.records(WORKSPACES).count(), 2, "a command that waits for a limited time is as any other")

    def test_a_command_that_is_unlocked_changes_what_jobs_may_change(self, store: Store) -> None:
        """It passes no gate and locks nothing; what it writes is kept all the same, and the version stays."""
        world = founded(store)
        extra = notice(world.tenant)
        with store.command(world.tenant.id, gate=Unlocked()) as tx:
            same(tx.statements, 0, "to begin a command that is unlocked is no statement")
            tx.records(NOTICES).add(extra)
        with store.query(world.tenant.id) as tx:
            same(tx.records(NOTICES).find(id=extra.id), extra, "what a command that is unlocked writes is kept")
        same(version(store, world.tenant), version_of(world.tenant), "a command that is unlocked leaves the version")
        with store.command(world.tenant.id, gate=Unlocked()) as tx:
            try:
                tx.records(MEMBERSHIPS)
            except TypeError:
                return
            raise AssertionError("Broken promise: a command that is unlocked comes to job collections only")

    def test_a_command_enters_later(self, store: Store) -> None:
        """One that was begun unlocked passes a gate and takes the lock when it comes to that, or is refused."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Unlocked()) as tx:
            tx.records(NOTICES).find(id="ntc_unknown")
            tx.enter(Passes(MEMBERSHIPS, {"user_id": world.member.user_id}))
            same(tx.statements, 2, "to enter a command later is one statement, too")
            tx.records(MEMBERSHIPS).save(evolve(world.member, name="Later"))
        with store.query(world.tenant.id) as tx:
            same(tx.records(MEMBERSHIPS).get(world.member.id).name, "Later", "a command that has entered is kept")
        same(version(store, world.tenant), version_of(world.tenant) + 1, "a command that has entered is counted")
        with (
            refused(NotFound, "a gate that is shut is shut later, too"),
            store.command(world.tenant.id, gate=Unlocked()) as tx,
        ):
            tx.records(NOTICES).remove(world.notice)
            tx.enter(Passes(MEMBERSHIPS, {"user_id": "nobody"}))
        with store.query(world.tenant.id) as tx:
            same(tx.records(NOTICES).count(), 1, "what was written before a shut gate is not kept")

    def test_what_was_read_is_changed_as_it_was_read(self, store: Store) -> None:
        """Only where all conditions hold, only in this tenant, and it is told how many that were."""
        world, other = founded(store), founded(store)
        with store.command(world.tenant.id, gate=Unlocked()) as tx:
            notices = tx.records(NOTICES)
            same(notices.change({"attempts": 2}, id=world.notice.id, attempts=7), 0, "what is otherwise stays")
            same(notices.change({"attempts": 2}, id=other.notice.id), 0, "a change stays within its tenant")
            same(
                notices.change({"attempts": 2}, id=world.notice.id, attempts=0), 1, "what is as it was read is changed"
            )
        with store.query(world.tenant.id) as tx:
            same(tx.records(NOTICES).find(id=world.notice.id), evolve(world.notice, attempts=2), "a change is kept")
        with store.query(other.tenant.id) as tx:
            same(tx.records(NOTICES).find(id=other.notice.id), other.notice, "a change stays within its tenant")
        with store.command(world.tenant.id, gate=Open()) as tx:
            try:
                tx.records(MEMBERSHIPS).change({"name": "Changed"})
            except TypeError:
                return
            raise AssertionError("Broken promise: only job collections are changed in bulk")

    def _enter(self, store: Store, tenant_id: str, gate: Gate) -> None:
        with store.command(tenant_id, gate=gate):
            pass


class SerialCommands:
    """Two commands on one tenant never decide on the same facts."""

    def test_two_commands_never_decide_on_the_same_facts(self, store: Store) -> None:
        """One of two open commands waits, or is told `Stale` and nothing of it is kept."""
        world = founded(store)
        self._race(store, world, lambda: store.command(world.tenant.id, gate=Open()))

    def test_two_transactions_never_decide_on_the_same_facts(self, store: Store) -> None:
        """The same holds for a command in a transaction of several."""
        world = founded(store)

        @contextmanager
        def within() -> Iterator[Transaction]:
            with store.begin() as guest, guest.command(world.tenant.id, gate=Open()) as tx:
                yield tx

        self._race(store, world, within)

    def test_many_commands_lose_nothing(self, store: Store) -> None:
        """Of many threads that each add one to a figure, none is lost, and the version counts them all."""
        world = founded(store)

        def turns() -> None:
            for _ in range(_TURNS):
                repeated(store, world.tenant.id, lambda tx: _count_up(tx, world, int))

        with ThreadPoolExecutor(_THREADS) as pool:
            for future in [pool.submit(turns) for _ in range(_THREADS)]:
                future.result()
        self._has_counted(store, world, _THREADS * _TURNS)

    def test_a_command_sees_what_was_kept_before_it_began(self, store: Store) -> None:
        """Each command begins with everything that has been kept, whoever did it."""
        world = founded(store)
        extra = workspace(world.tenant)
        with another_thread() as meanwhile:
            meanwhile(lambda: repeated(store, world.tenant.id, lambda tx: tx.records(WORKSPACES).add(extra))).result()
        with store.command(world.tenant.id, gate=Open()) as tx:
            same(tx.records(WORKSPACES).count(), 2, "a command sees what another has kept before")

    def _race(self, store: Store, world: World, begin: Callable[[], AbstractContextManager[Transaction]]) -> None:
        """Begin a second transaction when the first has read and not yet written."""

        def attempt(then: Callable[[], object]) -> bool:
            try:
                with begin() as tx:
                    _count_up(tx, world, then)
            except Stale:
                return False
            return True

        others: list[Future[bool]] = []
        with another_thread() as meanwhile:
            first = attempt(lambda: others.append(meanwhile(lambda: attempt(int))))
            outcomes = [first, *(other.result() for other in others)]
        holds(any(outcomes), "one of two commands is kept")
        self._has_counted(store, world, outcomes.count(True))

    def _has_counted(self, store: Store, world: World, times: int) -> None:
        with store.query(world.tenant.id) as tx:
            figure = tx.records(WORKSPACES).get(world.workspace.id).counters.get("figure", 0)
            same(figure, times, "no command decides on facts that another is changing")
            same(
                version_of(tx.tenant()),
                version_of(world.tenant) + times,
                "the version counts the commands that were kept",
            )


def _count_up(tx: Transaction, world: World, then: Callable[[], object]) -> None:
    """Read a figure, let something happen, and write one more than was read."""
    place = tx.records(WORKSPACES).get(world.workspace.id)
    then()
    tx.records(WORKSPACES).save(evolve(place, counters={"figure": place.counters.get("figure", 0) + 1}))
