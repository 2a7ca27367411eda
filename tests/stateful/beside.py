"""How a command is given to the model and to every store, and what is compared and must hold after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from tenantry import Options, Plan, Tenant, TenantContext
from tenantry.errors import TrailBroken
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tenantry.testing.sides import Side
from tests.races.snapshot import Snapshot
from tests.stateful.invariants import answers_as_the_words_say, is_sound, keeps_no_secret
from tests.stateful.model.invitations import Person
from tests.stateful.model.state import DONE, RULES, Refused, Script
from tests.stateful.model.tenants import Everywhere, Tenants
from tests.stateful.seen import expected, seen
from tests.trails import mistold

__all__ = ["Beside"]

Makers = tuple[Callable[[], Store], ...]


class Reader:
    """Somebody who reads the events of all tenants, and lags behind."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.after: str | None = None
        self.read: Counter[str] = Counter()
        self.checkpoints: dict[str, str] = {}

    def read_on(self) -> None:
        """Each event comes once, in the order of its trail."""
        page = self.side.tenancy.jobs.events(after=self.after, limit=1_000)
        self.after = page.next
        for event in page:
            self.read[event.tenant_id] += 1
            if event.sequence != self.read[event.tenant_id]:
                raise AssertionError(f"An event was missed, or came twice: {event}")

    def prove(self, tenant: str) -> None:
        """The trail is intact and complete, and goes on from where it was."""
        context = self.side.context(tenant, "system")
        try:
            self.checkpoints[tenant] = context.audit.checkpoint(since=self.checkpoints.get(tenant))
        except TrailBroken as broken:
            raise AssertionError(f"The trail is broken. {broken}") from broken


class Beside(RuleBasedStateMachine):
    """Everything is done in the model and on every store, and compared."""

    makers: ClassVar[Makers]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.model = Everywhere(self.clock)
        self.sides = [
            Side(make(), self.clock, plan=self._plan_of, options=Options(**RULES), hosting=False)
            for make in self.makers
        ]
        self.turn = 0
        self.readers = [Reader(side) for side in self.sides]
        self.pictures: dict[tuple[int, str], Snapshot] = {}

    def _plan_of(self, tenant: Tenant, session: object) -> Plan:
        limits = self.model.limits
        most = {name: most for name in ("members", "workspaces") if (most := getattr(limits, name)) is not None}
        figures = {} if limits.sites is None else {"sites": limits.sites}
        counts = limits.counts_invitations
        return Plan("Sold", **most, counts_invitations=counts, counters=figures, workspace_counters=figures)

    # --- what is done

    def at(self, tenant: str, by: str, verb: str, *given: Any, **named: Any) -> Any:
        """Do what has the same name and arguments in the model and in tenantry."""
        script = attrgetter(verb)(Tenants(self.model, tenant, by))(*given, **named)

        def work(side: Side) -> object:
            return attrgetter(verb)(side.context(tenant, by))(*side.reals(given), **side.reals(named))

        return self.do(script, work, tenant)

    def in_context(self, script: Script, tenant: str, by: str, work: Callable[[Side, TenantContext], object]) -> Any:
        """Do what is put in other words in tenantry."""
        return self.do(script, lambda side: work(side, side.context(tenant, by)), tenant)

    def as_person(self, by: str, verb: str, token: str, *given: Any) -> Any:
        """Answer an invitation."""
        tenant, _ = self.model.tokens[token]
        script = getattr(Person(self.model, tenant, by), verb)(token, *given)
        return self.do(script, lambda side: getattr(side.person(by), verb)(side.real(token), *given), tenant)

    def do(self, script: Script, work: Callable[[Side], object], tenant: str | None = None) -> Any:
        """Do it, and compare: what is refused, for one of the reasons for it; and what there is afterwards."""
        used = {id: self.model.places_taken(each) for id, each in self.model.tenants.items()}
        refusals = _refusals(script)
        outcome = self.agreed(work)
        error = outcome.get("error") if isinstance(outcome, dict) else None
        if (error is not None or refusals) and error not in refusals:
            reasons = sorted(refusals) or "nothing"
            raise AssertionError(f"It was refused with {error}, and {reasons} speaks against it.\n  {outcome}")
        if error is None:
            _resume(script, outcome)
        for id in self.model.tenants if tenant is None else [tenant]:
            self.check(id)
            self.within(id, used.get(id, 1))
        return outcome

    def agreed(self, work: Callable[[Side], object]) -> Any:
        """What comes of it, which is the same on every store."""
        first, *others = (side.outcome(work) for side in self.sides)
        for other in others:
            if other != first:
                raise AssertionError(f"The stores do not agree.\n  first: {first!r}\n  other: {other!r}")
        return first

    # --- what must hold

    def check(self, tenant: str) -> None:
        """The world is as the model has it, and every invariant holds (I1 to I12, but for groups)."""
        wanted = expected(self.model.tenants[tenant], self.model.sign_ins)
        tokens = [token for token, (id, _) in self.model.tokens.items() if id == tenant]
        for number, (side, reader) in enumerate(zip(self.sides, self.readers, strict=True)):
            id = side.real(tenant)
            snapshot = Snapshot.of(side.tenancy._store, id)
            found = seen(side, snapshot)
            wrong = [f"{name}: {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name]]
            if wrong:
                raise AssertionError("\n  ".join(["The tenant is not as the rules say.", *wrong]))
            is_sound(side.tenancy, id, snapshot)
            untrue = [*mistold(self.pictures.get((number, id)), snapshot)]
            if untrue:
                raise AssertionError("\n  ".join(["The trail does not say what has happened.", *untrue]))
            self.pictures[number, id] = snapshot
            reader.prove(tenant)
            reader.read_on()
        self.turn = (self.turn + 1) % len(self.sides)  # what takes longest is asked of one store after the other
        side = self.sides[self.turn]
        answers_as_the_words_say(side.tenancy, side.real(tenant))
        keeps_no_secret(side.tenancy._store, map(side.real, tokens))

    def within(self, tenant: str, used: int) -> None:
        """No more members and places held for them than the plan allows, or there were before (I3)."""
        most, taken = self.model.limits.members, self.model.places_taken(self.model.tenants[tenant])
        if most is not None and taken > max(most, used):
            raise AssertionError(f"{taken} members and places, and {most} is the most.")


def _refusals(script: Script) -> set[str]:
    """Everything that speaks against a command; it is at `DONE` then, if there is nothing."""
    found: set[str] = set()
    try:
        for said in script:
            if said == DONE:
                break
            found.add(said)
    except Refused as refused:
        found.add(str(refused))
    return found


def _resume(script: Script, made: Any) -> None:
    try:
        script.send(made)
    except StopIteration:
        return
    raise AssertionError("A script says nothing any more when it is done.")
