"""More stores that look right and are not: in what they keep of sign-ins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from tenantry.members.model import MEMBERSHIPS, differs
from tenantry.members.sign_ins import SIGN_INS
from tenantry.memory import MemoryStore
from tenantry.memory.records import Reader
from tenantry.memory.store import Guest
from tenantry.memory.transaction import Across
from tenantry.ports import Open, Scope
from tenantry.runtime.sights import View
from tenantry.storage.collection import Collection
from tests.contract.broken_scopes import _WithView

E = TypeVar("E")


class _WithAcross(MemoryStore):
    """A memory store with other readers over all tenants."""

    kind: type[Across] = Across

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        guest = Guest(self._state, self._switch, self._number)
        yield self.kind(guest, scope)
        self._publish(guest)


class _Plain(Across):
    def records(self, collection: Collection[E]) -> Reader[E]:
        reader = super().records(collection)
        setattr(reader, "_joined", lambda entity: entity)  # noqa: B010 - a method of one object
        return reader


class ReadsNothingAlong(_WithAcross):
    """What is read along with an entity is read in one tenant only."""

    kind = _Plain


class KeepsTheLastThatIsTold(MemoryStore):
    """Of two sign-ins the one that came last stays."""

    def _publish(self, guest: Guest) -> None:
        self._state = self._state.signed_in(*((user_id, None) for user_id, _ in guest.sign_ins))
        super()._publish(guest)


class _Careless(Across):
    def keep_sign_in(self, at: datetime, known: Mapping[str, str | bool]) -> Sequence[str]:
        super().keep_sign_in(at, known)
        mine = self.records(MEMBERSHIPS).list(user_id=self._view.require_person())
        return sorted(member.tenant_id for member in mine if differs(member, known))


class TellsOfTenantsThatAreClosed(_WithAcross):
    """Nobody asks whether the person may act in a tenant."""

    kind = _Careless


class _Locking(Across):
    def keep_sign_in(self, at: datetime, known: Mapping[str, str | bool]) -> Sequence[str]:
        for member in self.records(MEMBERSHIPS).list(user_id=self._view.require_person()):
            transaction = self._guest.transaction(member.tenant_id)
            transaction.enter(Open())
            self._guest.changed(transaction)
        return super().keep_sign_in(at, known)


class LocksTenantsForSignIns(_WithAcross):
    """A sign-in is a command in each tenant."""

    kind = _Locking


class KeepsSignInsOfGuests(MemoryStore):
    """A guest's sign-in is kept at once, whatever becomes of its transaction."""

    @contextmanager
    def begin(self) -> Iterator[Guest]:
        with super().begin() as guest:
            setattr(guest, "across", self.across)  # noqa: B010 - a method of one object
            yield guest


class _Thorough(Across):
    def drop_sign_in(self) -> None:
        for user_id in self._guest.state.of_users[SIGN_INS.name].rows:
            self._guest.signed_in(user_id, None)


class DropsEverySignIn(_WithAcross):
    """To forget one user is to forget all."""

    kind = _Thorough


class _Trusting(View):
    def require_person(self) -> str:
        return "somebody"


class LetsAnybodySignIn(_WithView):
    """Every scope keeps a sign-in."""

    kind = _Trusting
