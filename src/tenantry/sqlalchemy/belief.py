"""What the host's session believes of the database stays true when a part of its transaction is undone under it.

Our savepoints are those of the connection, of which a session does not know. What goes through the session within one,
by a participant or by the host between `begin()` and its end, would live on in it as if it were stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, make_transient, make_transient_to_detached

__all__ = ["believing"]


@contextmanager
def believing(host: Session | Connection) -> Iterator[None]:
    """Where the block is left by an exception, the session forgets what was done through it meanwhile.

    What was added is the session's no more, what was deleted is back, and what was changed is read again.
    """
    if not isinstance(host, Session):
        yield
        return
    added: list[object] = []
    deleted: list[object] = []
    changes: list[object] = []

    def add(session: Session, instance: object) -> None:
        added.append(instance)

    def delete(session: Session, instance: object) -> None:
        deleted.append(instance)

    def flush(session: Session, context: object) -> None:
        changes.append(context)

    def execute(state: ORMExecuteState) -> None:
        if not state.is_select:
            changes.append(state)

    listeners: dict[str, Any] = {
        "pending_to_persistent": add,
        "persistent_to_deleted": delete,
        "after_flush": flush,
        "do_orm_execute": execute,
    }
    for name, listener in listeners.items():
        event.listen(host, name, listener)
    try:
        yield
    except BaseException:
        _forget(host, added, deleted, bool(changes))
        raise
    finally:
        for name, listener in listeners.items():
            event.remove(host, name, listener)


def _forget(session: Session, added: list[object], deleted: list[object], changed: bool) -> None:
    changed = changed or bool(session.new or session.dirty or session.deleted)
    for instance in (*added, *session.new):
        if instance in session:
            session.expunge(instance)
    for instance in session.deleted:
        session.add(instance)  # which is not to be deleted after all
    for instance in deleted:
        key = inspect(instance, raiseerr=True).key
        if instance not in session and key not in session.identity_map:
            make_transient(instance)
            make_transient_to_detached(instance)
            session.add(instance)
    if changed:
        session.expire_all()
