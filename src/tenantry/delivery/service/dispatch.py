"""What is done with the outbox, over all tenants: it is delivered.

A worker claims one notice in a transaction, delivers it outside of any, and marks it in another. A claim ends by time:
what a worker has not marked until then is claimed by the next. So every notice is delivered at least once, and more
than once only where a worker died, or took longer than its claim.

What a mailbox was sent of all tenants is read for all mailboxes at once, and again each minute. So a worker never
exceeds the limit by itself; several at once do by what they send to the same mailbox within the same minute.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime, timedelta
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, TypeVar

from attrs import evolve

from ...invitations.model import INVITATIONS, PENDING, Invitation, nonce_of, status_at
from ...invitations.repository import notice_data
from ...kernel import text
from ...kernel.errors import Invalid
from ...notices.delivery import Delivery, Dispatched, Mailer
from ...notices.model import NOTICES, OFFERS, Notice, NoticeKind, NoticeStatus, claim_of, mailbox_of
from ...runtime.here import require_outside
from ...runtime.pages import Page, page
from ...runtime.runner import repeat
from ...runtime.unit_of_work import Settings
from ...storage.ports import After, Before, JobRecords, OneOf, Slice, Store, Transaction
from ...tenants.model import Tenant, TenantStatus

__all__ = ["LEASE", "Dispatch", "dead", "deliver", "dispatch", "require_mailer", "retry"]

T = TypeVar("T")

logger = logging.getLogger("tenantry")

LEASE = timedelta(minutes=15)
"""How long a claim holds. A mailer that takes longer may find that another worker has sent the same."""

_WINDOW = timedelta(hours=1)
_COUNT_AGAIN = timedelta(minutes=1)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_REMOVED_AT_ONCE = 1_000
_UNFINISHED = "Unfinished"
_TOO_MANY = "max_mails_an_hour"
_GIVEN_UP = OneOf([NoticeStatus.DEAD, NoticeStatus.EXCESS])


class Dispatch:
    """One worker's way through the outbox: `next`, then deliver, then `settle`, until `next` has no more; `finish`.

    Each is a step of its own, and no transaction is open between them.
    """

    _notice: Notice

    def __init__(self, store: Store, settings: Settings, limit: int) -> None:
        require_outside()
        self._left = text.integer(limit, "limit", low=1, high=10_000)
        self._store = store
        self._settings = settings
        self._counts: Counter[str] = Counter()
        self._mailed: Counter[str] = Counter()
        self._counted_at: datetime | None = None

    def next(self) -> Delivery | None:
        """The next message that somebody needs, claimed; None where none is due, or the limit is reached."""
        while self._left:
            self._left -= 1
            notice = self._jobs(self._claim)
            if notice is None:
                return None
            if notice.attempts > self._settings.options.max_attempts:  # no worker came back from the last one
                self._mark(notice, NoticeStatus.DEAD, failure=_UNFINISHED)
                continue
            delivery = repeat(self._store, lambda notice=notice: self._delivery(notice))  # type: ignore[misc]
            if delivery is None:
                self._mark(notice, NoticeStatus.DROPPED)
            elif self._mailed_to(notice) >= self._settings.options.max_mails_an_hour:
                self._mark(notice, NoticeStatus.EXCESS, failure=_TOO_MANY)
            else:
                self._notice = notice
                return delivery
        return None

    def settle(self, error: Exception | None) -> None:
        """Note how the delivery of the message that `next` gave has ended.

        Args:
            error: What the mailer has raised, if it has. Of it only the name is kept.
        """
        notice = self._notice
        if error is None:
            self._mark(notice, NoticeStatus.SENT)
            self._mailed[mailbox_of(notice)] += 1
        elif notice.attempts < self._settings.options.max_attempts:
            self._mark(notice, NoticeStatus.WAITING, failure=type(error).__name__)
        else:
            self._mark(notice, NoticeStatus.DEAD, failure=type(error).__name__)

    def finish(self) -> Dispatched:
        """Remove what was settled long ago, and tell what was done and what is left."""
        now = self._settings.now()

        def work(notices: JobRecords[Notice]) -> Dispatched:
            self._remove_old(notices, now)
            first = notices.list(Slice(limit=1, order="due"), status=NoticeStatus.WAITING, due_at=Before(now))
            return Dispatched(
                **self._counts,
                waiting=notices.count(status=NoticeStatus.WAITING),
                oldest=now - first[0].due_at if first else None,
            )

        return self._jobs(work)

    def _claim(self, notices: JobRecords[Notice]) -> Notice | None:
        now = self._settings.now()
        claim = {"claim": secrets.token_hex(16), "due_at": now + LEASE}
        claimed = notices.claim(1, "due", claim, status=NoticeStatus.WAITING, due_at=Before(now))
        if not claimed:
            return None
        notice = evolve(claimed[0], attempts=claimed[0].attempts + 1)
        notices.change({"attempts": notice.attempts}, tenant_id=notice.tenant_id, id=notice.id)
        return notice

    def _delivery(self, notice: Notice) -> Delivery | None:
        """What is to be sent, or None where nobody needs it any more."""
        invitation: Invitation | None = None
        data = notice.data
        with self._store.query(notice.tenant_id) as tx:
            tenant = tx.tenant()
            if notice.kind in OFFERS:
                invitation = tx.records(INVITATIONS).find(id=notice.invitation_id)
            if notice.kind is NoticeKind.REMINDER and _was_reminded(tx, notice):
                return None
            if invitation is not None:  # which may have been changed since the notice was written
                data = {**data, **notice_data(tx, self._settings.scheme, invitation, tenant)}
        if not _is_needed(notice, tenant, invitation, self._settings.now()):
            return None
        token = None
        if invitation is not None:
            nonce = bytes.fromhex(nonce_of(invitation))
            token = self._settings.keys.sign_invitation(invitation.tenant_id, invitation.id, nonce)
        return Delivery(
            key=notice.id,
            kind=notice.kind,
            tenant_id=notice.tenant_id,
            email=notice.email,
            name=notice.name,
            data=data,
            token=token,
        )

    def _mailed_to(self, notice: Notice) -> int:
        """How much the mailbox of this notice was sent of all tenants within an hour, by now or a minute ago."""
        now = self._settings.now()
        if self._counted_at is None or not timedelta(0) <= now - self._counted_at < _COUNT_AGAIN:
            since = After(now - _WINDOW)  # a settled notice is due since then, which the outbox has an index for
            sent = {"status": NoticeStatus.SENT, "due_at": since}
            self._mailed = Counter(self._jobs(lambda notices: notices.count_by("mailbox", "id", **sent)))
            self._counted_at = now
        return self._mailed[mailbox_of(notice)]

    def _mark(self, notice: Notice, status: NoticeStatus, *, failure: str | None = None) -> None:
        """Write how the notice stands, if it is still ours."""
        now = self._settings.now()
        again = status is NoticeStatus.WAITING
        values = {
            "status": status,
            "claim": None,
            "failure": failure,
            "due_at": now + pause_after(notice.attempts) if again else now,
            "sent_at": now if status is NoticeStatus.SENT else None,
        }
        mine = {"tenant_id": notice.tenant_id, "id": notice.id, "claim": claim_of(notice)}
        self._jobs(lambda notices: notices.change(values, **mine))
        self._counts["failed" if again else status.value] += 1
        if failure:
            logger.warning("notice %s, %s at try %d: %s", notice.id, status.value, notice.attempts, failure)

    def _remove_old(self, notices: JobRecords[Notice], now: datetime) -> None:
        try:
            until = now - max(self._settings.options.notices_kept_for, _WINDOW)
        except OverflowError:  # for ever
            return
        settled = OneOf([NoticeStatus.SENT, NoticeStatus.DROPPED, NoticeStatus.EXCESS])
        old = notices.claim(_REMOVED_AT_ONCE, "due", {"claim": None}, status=settled, due_at=Before(until))
        if old:
            tenants, ids = OneOf(each.tenant_id for each in old), OneOf(each.id for each in old)
            notices.remove(tenant_id=tenants, id=ids)

    def _jobs(self, work: Callable[[JobRecords[Notice]], T]) -> T:
        def attempt() -> T:
            with self._store.jobs() as jobs:
                return work(jobs.records(NOTICES))

        return repeat(self._store, attempt)


def _is_needed(notice: Notice, tenant: Tenant, invitation: Invitation | None, at: datetime) -> bool:
    """Whether somebody still has to be told, as things stand at this instant.

    Args:
        notice: What was to be told.
        tenant: The tenant it comes from.
        invitation: The one that it is about; None where there is none.
        at: The present.
    """
    if notice.kind is NoticeKind.SUSPENSION:
        return tenant.status is not TenantStatus.PURGED
    if tenant.status is not TenantStatus.ACTIVE:
        return False
    if notice.kind not in OFFERS:
        return True
    if invitation is None or status_at(invitation, at) is not PENDING or invitation.sends != notice.sends:
        return False
    ends_at = invitation.expires_at.isoformat()  # when it was changed, another reminder was written
    return notice.kind is not NoticeKind.REMINDER or notice.data["expires_at"] == ends_at


def _was_reminded(tx: Transaction, notice: Notice) -> bool:
    """Whether a reminder of the same sending went out already: who moves its end ever again sends no more of them."""
    same = {"invitation_id": notice.invitation_id, "sends": notice.sends, "kind": notice.kind}
    return tx.records(NOTICES).find(status=NoticeStatus.SENT, **same) is not None


def pause_after(tried: int) -> timedelta:
    """How long to wait before the next try: a minute, then twice as long each time, up to six hours, and some more.

    The rest is random, so that what has failed together does not come back together.
    """
    pause = min(_FIRST_PAUSE * (1 << min(tried - 1, 20)), _LONGEST_PAUSE)
    return pause * random.uniform(1, 1.2)  # noqa: S311 - spreads, hides nothing


def dispatch(store: Store, settings: Settings, mailer: Mailer, *, limit: int) -> Dispatched:
    """Deliver what is due."""
    if iscoroutinefunction(require_mailer(mailer).send):
        raise Invalid(
            "This mailer is to be awaited: dispatch through an AsyncTenantry.", field="mailer", rule="awaited"
        )
    run = Dispatch(store, settings, limit)
    while (delivery := run.next()) is not None:
        error = None
        try:
            _require_done(mailer.send(delivery))
        except Exception as raised:  # noqa: BLE001 - whatever a mailer raises is a failed try
            error = raised
        run.settle(error)
    return run.finish()


async def deliver(mailer: Mailer, delivery: Delivery) -> None:
    """Deliver one message for a host that awaits: its mailer is awaited, or else keeps nobody but itself waiting."""
    import asyncio  # which is slow to import, and an asynchronous host has it

    if iscoroutinefunction(mailer.send):
        await mailer.send(delivery)
    else:
        result = await asyncio.to_thread(mailer.send, delivery)
        if isawaitable(result):
            await result


def require_mailer(mailer: Any) -> Mailer:
    """`mailer`, if it is one.

    Raises:
        Invalid: It has no method `send`.
    """
    if isinstance(mailer, type | Coroutine | Generator) or not callable(getattr(mailer, "send", None)):
        raise Invalid(
            "mailer must be an object with a method send.", field="mailer", rule="wrong_type", expected="mailer"
        )
    return mailer  # type: ignore[no-any-return]


def _require_done(result: object) -> None:
    if iscoroutine(result):
        result.close()
    if isawaitable(result):
        raise Invalid(
            "This mailer is to be awaited: dispatch through an AsyncTenantry.", field="mailer", rule="awaited"
        )


def dead(store: Store, settings: Settings, **paging: Any) -> Page[Notice]:
    """The notices that were given up or too many for their mailboxes, over all tenants."""
    require_outside()
    with store.jobs() as jobs:
        where = {"status": _GIVEN_UP}
        context = "jobs.dead_notices"
        return page(jobs.records(NOTICES), NOTICES, where, keys=settings.keys, context=context, present=list, **paging)


def retry(store: Store, settings: Settings, notice_id: str) -> None:
    """Let a notice that was given up be delivered after all."""
    require_outside()
    id = text.exact(notice_id, "notice_id")
    anew = {"status": NoticeStatus.WAITING, "attempts": 0, "due_at": settings.now(), "failure": None}

    def attempt() -> int:
        with store.jobs() as jobs:
            return jobs.records(NOTICES).change(anew, status=_GIVEN_UP, id=id)

    if not repeat(store, attempt):
        raise NOTICES.missing()
