"""What `Tenantry` hands out for jobs. No logic lives here."""

from __future__ import annotations

from .audit.model import AuditEvent
from .audit.service.denials import tell_due
from .audit.service.feed import events
from .delivery.service.dispatch import Dispatch, dead, dispatch, retry
from .notices.delivery import Dispatched, Mailer
from .notices.model import Notice
from .runtime.here import require_outside
from .runtime.pages import Page
from .runtime.unit_of_work import Settings
from .storage.ports import Store
from .tenants.model import Purged
from .tenants.service.purge import purge_due

__all__ = ["JobsContext"]


class JobsContext:
    """What runs without a person, over all tenants. Get one from `Tenantry.jobs`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        require_outside()
        self._store = store
        self._settings = settings

    def __repr__(self) -> str:
        return "<JobsContext>"

    def dispatch_notices(self, mailer: Mailer, *, limit: int = 100) -> Dispatched:
        """Deliver the messages that are due. Any number of workers may do so at the same time.

        A message that the mailer fails with is tried again, after a minute and then ever more rarely, until it was
        tried `Options.max_attempts` times. What was delivered, or needed by nobody any more, is removed after
        `Options.notices_kept_for`.

        Args:
            mailer: What delivers. Outside any transaction it is given one message after another.
            limit: At most so many, 1-10,000.

        Raises:
            Invalid: An argument cannot be accepted, or the store is a guest in a transaction of the host.
        """
        return dispatch(self._store, self._settings, mailer, limit=limit)

    def _dispatch(self, limit: int) -> Dispatch:
        return Dispatch(self._store, self._settings, limit)

    def dead_notices(
        self,
        *,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Notice]:
        """The messages that were given up, of all tenants, each with the name of the error that ended the last try.

        Those that were too many for their mailbox are among them, until they are removed: their `status` is `excess`.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of creation, `newest`, or `due`, by the time at which they were given up.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds, or the store is a guest in a transaction of the host.
            InvalidCursor: The cursor belongs to another list.
        """
        return dead(self._store, self._settings, limit=limit, after=after, offset=offset, order=order, total=total)

    def retry_notice(self, notice_id: str) -> None:
        """Let a message that was given up be delivered after all, with all its tries.

        Args:
            notice_id: `ntc_…`, from `dead_notices`.

        Raises:
            NotFound: None of this id was given up.
            Invalid: It is no text, or the store is a guest in a transaction of the host.
        """
        retry(self._store, self._settings, notice_id)

    def events(self, *, after: str | None = None, limit: int = 100) -> Page[AuditEvent]:
        """What happened in all tenants, for a reader who goes on where the last page ended: all of it, each event once.

        The order is not that of time: within a tenant it is that of the trail, and nothing that is committed later
        ever comes before what was read. On PostgreSQL an event is held back while a transaction of that server is
        open that began to write before its own.

        Args:
            after: The `next` of the page before, which an empty page has too; None for the beginning.
            limit: At most so many, 1-1,000.

        Raises:
            Invalid: The limit is out of bounds, or the store is a guest in a transaction of the host.
            InvalidCursor: The cursor was not issued here, or the database was put back to an earlier time, or moved.
        """
        return events(self._store, self._settings, after=after, limit=limit)

    def purge(self, *, limit: int = 10) -> Purged:
        """Remove deleted tenants for good, a day after the last instant at which they could be restored.

        It also records in each trail the repeats of denials that no later one has told of, and drops what it has told.

        Each goes in a transaction of its own, with what participants delete. What is left is its trail, without
        personal values, and its slugs, which no other tenant gets. One that fails stays as it was, and is tried again
        by the next run.

        Args:
            limit: At most so many, 1-1,000.

        Raises:
            Invalid: The limit is out of bounds, or the store is a guest in a transaction of the host.
        """
        purged = purge_due(self._store, self._settings, limit=limit)
        tell_due(self._store, self._settings)
        return purged
