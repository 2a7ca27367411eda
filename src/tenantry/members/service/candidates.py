"""Roles to choose from, where a page asks whether any of them will do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ...access.custom import lineages
from ...access.guard import allows
from ...access.model import Level, Role
from ...access.repository import custom_keys
from ...access.scheme import Scheme
from ...runtime.unit_of_work import UnitOfWork

__all__ = ["Candidates"]


class Candidates:
    """The roles that somebody could be given.

    The tenant's own are read in one statement: at once where one of them is named, or as soon as no other role will do.

    Args:
        uow: The unit of work.
        named: The keys of roles that the scheme must have.

    Attributes:
        scheme: The roles, as far as they are read.
    """

    def __init__(self, uow: UnitOfWork, named: Iterable[object] = ()) -> None:
        self._uow = uow
        self._is_whole = False
        self.scheme: Scheme = uow.settings.scheme
        if custom_keys(named):
            self._read()

    def any(self, level: Level, question: Callable[[Role], object]) -> bool:
        """Whether one of the roles of this level is answered with yes."""

        def found(roles: Iterable[Role]) -> bool:
            return any(role.level is level and allows(partial(question, role)) for role in roles)

        return found(self.scheme.roles) or (not self._is_whole and found(self._read()))

    def _read(self) -> Iterable[Role]:
        """The tenant's own roles, which the scheme has from now on."""
        own = lineages(self._uow.roles.all().values())
        self._is_whole = True
        self.scheme = self._uow.settings.scheme.joined(own)
        return own
