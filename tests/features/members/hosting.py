"""What members own in the host: participants for the tests of removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, delete, func, select, update

from tenantry import Change
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore

THINGS = Table(
    "host_things",
    MetaData(),
    Column("id", String(80), primary_key=True),
    Column("kind", String(80)),
    Column("owner", String(255)),
)


class Things:
    """Things of one kind, each with an owner: in a table of the host's, or in a dictionary where nothing is stored.

    What it is told is in `told`, in the order of the calls.
    """

    def __init__(self, store: Store, name: str = "campaigns", **owners: str) -> None:
        self.name = name
        self.told: list[tuple[str, Change]] = []
        self._engine = store.engine if isinstance(store, SQLAlchemyStore) else None
        self._owners = dict(owners)
        if self._engine is not None:
            THINGS.metadata.create_all(self._engine)
            with self._engine.begin() as connection:
                connection.execute(delete(THINGS).where(THINGS.c.kind == name))
                for id, owner in owners.items():
                    connection.execute(THINGS.insert().values(id=id, kind=name, owner=owner))

    @property
    def owners(self) -> dict[str, str]:
        """Who owns what, as it is committed."""
        if self._engine is None:
            return self._owners
        with self._engine.connect() as connection:
            found = connection.execute(select(THINGS.c.id, THINGS.c.owner).where(THINGS.c.kind == self.name))
            return {row.id: row.owner for row in found}

    def count(self, change: Change, session: Any) -> int:
        self.told.append(("count", change))
        if session is None:
            return len(self._of(change))
        return int(session.scalar(select(func.count()).select_from(THINGS).where(*self._theirs(change))))

    def _give(self, change: Change, session: Any) -> int:
        self.told.append(("reassign", change))
        if session is None:
            mine = self._of(change)
            self._owners.update(dict.fromkeys(mine, change.to or "nobody"))
            return len(mine)
        return int(session.execute(update(THINGS).where(*self._theirs(change)).values(owner=change.to)).rowcount)

    def _end(self, method: str, change: Change, session: Any) -> int:
        self.told.append((method, change))
        if session is None:
            mine = self._of(change)
            for id in mine:
                del self._owners[id]
            return len(mine)
        return int(session.execute(delete(THINGS).where(*self._theirs(change))).rowcount)

    def _of(self, change: Change) -> Sequence[str]:
        return [id for id, owner in self._owners.items() if owner == change.user_id]

    def _theirs(self, change: Change) -> Any:
        return THINGS.c.kind == self.name, THINGS.c.owner == change.user_id


class Campaigns(Things):
    """Resources that go to somebody else."""

    def reassign(self, change: Change, session: Any) -> int:
        return self._give(change, session)


class Keys(Things):
    """API keys, which die with who made them."""

    def __init__(self, store: Store, **owners: str) -> None:
        super().__init__(store, "api_keys", **owners)

    def delete(self, change: Change, session: Any) -> int:
        return self._end("delete", change, session)

    delete_workspace = delete_tenant = delete


class Sessions(Things):
    """What lets somebody in."""

    def __init__(self, store: Store, **owners: str) -> None:
        super().__init__(store, "sessions", **owners)

    def revoke(self, change: Change, session: Any) -> int:
        return self._end("revoke", change, session)
