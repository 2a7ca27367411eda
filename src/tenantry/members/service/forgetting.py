"""A user who disappears: they leave every tenant, and what is known of them as a person is erased."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from attrs import evolve

from ...audit.actions import ACTIONS
from ...audit.model import AUDIT_EVENTS, AuditEvent, personal_of
from ...audit.seals import ERASED
from ...audit.service.erasing import erase as erase_in_trail
from ...invitations.model import (
    INVITATIONS,
    PENDING,
    Invitation,
    InvitationStatus,
    erase,
    invited_email_key,
    status_at,
)
from ...kernel import emails
from ...kernel.errors import Invalid, LastOwner
from ...kernel.principal import Principal, require_system
from ...notices.model import Notice
from ...runtime.runner import Runner, reading
from ...runtime.service import Service, command
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Across, Among, HasValue, OneOf, Open, Operator, Store
from ...tenants.model import KEPT, TENANTS
from ..model import MEMBERSHIPS, Forgotten
from .joining import require_user_id
from .profiles import forget_sign_in
from .removal import end_membership

__all__ = ["forget"]

_MAX_ADDRESSES: Final = 1_000
_NAMING: Final = OneOf(each.name for each in ACTIONS.values() if each.target == "member" and each.personal)
"""The actions whose events say what a member is called."""
_NAMES: Final = ("inviter", "invitee", "other")
"""Where notices tell of persons other than those to whom they go."""


class _Outcome(NamedTuple):
    left: bool
    erased: bool


class Forgetting(Service):
    """A user who disappears from one tenant."""

    name = "tenancy"
    __slots__ = ()

    @command
    def forget(self, uow: UnitOfWork, user: str, proven: frozenset[str]) -> _Outcome:
        """Forget the user in one tenant; where there is nothing to forget, nothing is recorded.

        Raises:
            LastOwner: They are the last active owner, so everything is left as it is.
        """
        member = uow.members.find(user)
        words = _Words.of(uow.audit.records.list(target=user, action=_NAMING))
        if member is not None:
            words.add(name=member.name, email=member.email)
            end_membership(
                uow, evolve(member, name=None, email=None, email_key=None, email_verified=False), "member.forgotten"
            )
        invitations = _invitations(uow, user, words.keys | proven)
        for invitation in invitations:
            words.add(email=invitation.email)
        _erase(uow, invitations)
        notices = _clear_outbox(uow, user, words)
        denials = uow.denials.forget(user)
        events = erase_in_trail(uow, targets=[user, *(each.id for each in invitations)], principals=[user])
        erased = bool(invitations or notices or denials or events or (member and (member.name or member.email)))
        if erased and member is None:
            uow.record("member.forgotten", user)
        return _Outcome(left=member is not None, erased=erased)


def forget(store: Store, settings: Settings, user_id: str, *, addresses: Values[str], by: Principal) -> Forgotten:
    """See `Tenantry.forget`."""
    require_system(by, "forgets a user")
    user = require_user_id(user_id)
    if isinstance(addresses, str | bytes) or not isinstance(addresses, Values):
        raise Invalid(
            "emails must be a collection of addresses.", field="emails", rule="wrong_type", expected="collection"
        )
    if len(addresses) > _MAX_ADDRESSES:
        raise Invalid(
            f"At most {_MAX_ADDRESSES:,} addresses of a user can be named.",
            field="emails",
            rule="too_many",
            max=_MAX_ADDRESSES,
        )
    theirs = frozenset(map(emails.canonical, addresses))
    forget_sign_in(store, user)
    with reading(store, Operator()) as across:
        tenants, proven = _whereabouts(across, user, theirs)
    outcomes: dict[str, _Outcome | None] = {}
    for tenant_id in tenants:
        forgetting = Forgetting(Runner(store, settings, tenant_id, by, gate=Open()))
        try:
            outcomes[tenant_id] = forgetting.forget(user, proven)
        except LastOwner:
            outcomes[tenant_id] = None
    return Forgotten(
        user_id=user,
        left=tuple(id for id, outcome in outcomes.items() if outcome and outcome.left),
        last_owner_of=tuple(id for id, outcome in outcomes.items() if outcome is None),
        erased=tuple(id for id, outcome in outcomes.items() if outcome and outcome.erased),
    )


def _whereabouts(across: Across, user: str, theirs: frozenset[str]) -> tuple[Sequence[str], frozenset[str]]:
    """The tenants in which something of the user may be found, and the addresses that are theirs beyond doubt.

    What a tenant has recorded as somebody's address is no proof, and counts in that tenant alone. Tenants that have
    the proof come last, since it is erased there.
    """
    there = Among(TENANTS, "id", {"status": OneOf(KEPT)})
    joined = {member.tenant_id for member in across.records(MEMBERSHIPS).list(user_id=user, tenant_id=there)}
    once = joined | across.records(AUDIT_EVENTS).count_by("tenant_id", "id", target=user, tenant_id=there).keys()
    invitations = across.records(INVITATIONS)
    accepted = invitations.list(tenant_id=OneOf(once), accepted_by=user) if once else []
    proven = theirs | {invited_email_key(each) for each in accepted if not each.is_erased}
    waiting = invitations.list(email_key=OneOf(proven), tenant_id=there) if proven else ()
    last = {each.tenant_id for each in accepted}
    found = once | {each.tenant_id for each in waiting}
    return sorted(found, key=lambda id: (id in last, id)), frozenset(proven)


class _Words:
    """What a person is called, and under which addresses."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.addresses: set[str] = set()

    @classmethod
    def of(cls, events: Iterable[AuditEvent]) -> _Words:
        """Those in events about the person."""
        words = cls()
        for event in events:
            for place, (_, value) in personal_of(event).items():
                words.add(**{place.rpartition(".")[2]: value})
        return words

    @property
    def keys(self) -> frozenset[str]:
        """The addresses in canonical form."""
        return frozenset(filter(None, map(emails.key_or_none, self.addresses)))

    def add(self, *, name: Any = None, email: Any = None, **others: Any) -> None:
        """Note a name or an address."""
        self.names.update([name] if name else [])
        self.addresses.update([email] if email else [])


def _invitations(uow: UnitOfWork, user: str, keys: frozenset[str]) -> Sequence[Invitation]:
    """Those to the user, but for those that another user has accepted."""
    records = uow.invitations.records
    found = [*records.list(accepted_by=user), *(records.list(email_key=OneOf(keys)) if keys else ())]
    unique = {each.id: each for each in found if each.accepted_by in (None, user) and not each.is_erased}
    return [*unique.values()]


def _erase(uow: UnitOfWork, invitations: Sequence[Invitation]) -> None:
    """Take the person out of invitations; those that still wait are closed."""
    uow.invitations.records.save(*(erase(each, uow.now) for each in invitations))
    for each in invitations:
        if each.status is PENDING:
            act = "revoked" if status_at(each, uow.now) is PENDING else "superseded"
            uow.record(f"invitation.{act}", each.id, after={"status": InvitationStatus.REVOKED.value})


def _clear_outbox(uow: UnitOfWork, user: str, words: _Words) -> int:
    """Take what is to go to the user out of the outbox, and the user out of the rest; how many notices that were."""
    records = uow.notices.records
    namesakes = uow.members.records.list(name=OneOf(words.names)) if words.names else ()
    texts = words.addresses | words.names - {each.name for each in namesakes}
    to_them = [*records.list(user_id=user), *(records.list(email=OneOf(words.addresses)) if words.addresses else ())]
    theirs = {each.id: each for each in to_them if each.user_id in (None, user)}
    telling = {each.id: each for text in texts for each in records.list(data=HasValue(text)) if each.id not in theirs}
    told = [after for before in telling.values() if (after := _without(before, texts)) != before]
    records.remove(*theirs.values())
    records.save(*told)
    return len(theirs) + len(told)


def _without(notice: Notice, texts: set[str]) -> Notice:
    """The notice to somebody else, without the names in it that are among these texts."""
    gone = {name for name in _NAMES if notice.data.get(name) in texts}
    if "invitee" in gone and notice.data.get("reason") is not None:
        gone.add("reason")  # which is in their words
    return evolve(notice, data={**notice.data, **dict.fromkeys(gone, ERASED)})
