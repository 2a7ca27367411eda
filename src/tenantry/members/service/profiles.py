"""What the host knows of a person, told when they sign in: when that was, their name and their address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from attrs import evolve

from ...access.policy import IMPERSONATED
from ...kernel.clock import past
from ...kernel.errors import Denied, NotFound
from ...kernel.principal import Origin, Principal
from ...runtime.runner import Runner, across, reading, repeat
from ...runtime.service import Service, command
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Among, Person, Store
from ...tenants.model import TENANTS, TenantStatus
from ..model import MEMBERSHIPS, MembershipStatus, differs, known_of
from .removal import known_values

__all__ = ["forget_sign_in", "refresh_profile", "signed_in"]


class Profiles(Service):
    """What one tenant knows of the principal."""

    name = "person"
    __slots__ = ()

    @command
    def refresh_profile(self, uow: UnitOfWork, known: Mapping[str, Any]) -> bool:
        """Let the membership of the principal say what is known of them, if they may act; tell whether it changed."""
        before = uow.members.records.find(user_id=uow.by.user_id)
        if before is None or not uow.access().is_live:
            return False
        after = evolve(before, **known)
        if uow.record("member.recorded", uow.by.user_id, before=known_values(before), after=known_values(after)):
            uow.members.records.save(after)
            return True
        return False


def signed_in(store: Store, settings: Settings, person: Principal, at: datetime | None) -> Sequence[str]:
    """See `PersonContext.signed_in`."""
    _require_in_person(person)
    now = settings.now()
    then = now if at is None else past(at, "at", now)
    known = _known(person)

    def attempt() -> Sequence[str]:
        with across(store, Person(person.user_id)) as tenants:
            return tenants.keep_sign_in(then, known)

    return repeat(store, attempt)


def refresh_profile(store: Store, settings: Settings, person: Principal, origin: Origin | None) -> Sequence[str]:
    """See `PersonContext.refresh_profile`."""
    _require_in_person(person)
    known = _known(person)
    changed = []
    for tenant_id in _outdated(store, person, known):
        with suppress(NotFound):  # who has left meanwhile
            if Profiles(Runner(store, settings, tenant_id, person, origin)).refresh_profile(known):
                changed.append(tenant_id)
    return changed


def forget_sign_in(store: Store, user_id: str) -> None:
    """Keep nothing any more of when this user has signed in."""

    def attempt() -> None:
        with across(store, Person(user_id)) as tenants:
            tenants.drop_sign_in()

    repeat(store, attempt)


def _require_in_person(person: Principal) -> None:
    """Is it the person who signs in, and nobody who impersonates them?

    Raises:
        Denied: Somebody impersonates them.
    """
    if person.impersonated_by is not None:
        raise Denied(*IMPERSONATED.reasons, decision=IMPERSONATED)


def _outdated(store: Store, person: Principal, known: Mapping[str, str | bool]) -> Sequence[str]:
    """The tenants in which the person may act and is known otherwise, in the one order in which all lock them."""
    active = Among(TENANTS, "id", {"status": TenantStatus.ACTIVE})
    with reading(store, Person(person.user_id)) as tenants:
        memberships = tenants.records(MEMBERSHIPS).list(
            user_id=person.user_id, status=MembershipStatus.ACTIVE, tenant_id=active
        )
    return sorted(member.tenant_id for member in memberships if differs(member, known))


def _known(person: Principal) -> Mapping[str, str | bool]:
    """What is known of the person; nothing of an account that is switched off, with which nobody acts."""
    return known_of(person) if person.active else {}
