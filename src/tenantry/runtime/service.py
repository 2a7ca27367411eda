"""What a feature's verbs are made of: methods whose body works on a unit of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Signature, signature
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar, cast

from ..kernel import text
from ..storage.collection import Collection
from ..storage.ports import Contains, Reader
from .pages import Page, page
from .runner import Runner
from .unit_of_work import UnitOfWork

__all__ = ["Service", "command", "list_page", "occurs", "preceded", "query", "watched"]

E = TypeVar("E")
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")
T = TypeVar("T")


class Service:
    """The verbs of one feature, bound to a runner. Each is a method marked `command` or `query`."""

    name: ClassVar[str]
    """What the front door calls the feature; the log and cursors do, too."""

    __slots__ = ("_runner",)

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._runner.tenant_id}, by {self._runner.by.user_id}>"


def command(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
    """A verb that changes the tenant: its body is run in a command, on the unit of work that callers do not see.

    A body whose name begins with an underscore is that of the verb without one, which has prepared its arguments.
    """
    return _verb(method, Runner.command)


def query(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
    """A verb that only reads."""
    return _verb(method, Runner.query)


def watched(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
    """A verb that only reads, and records who has; SYSTEM, the host itself, reads without a trace."""

    def run(runner: Runner, name: str, work: Callable[[UnitOfWork], R]) -> R:
        return runner.query(name, work) if runner.by.is_system else runner.command(name, work)

    return _verb(method, run)


def _verb(method: Callable[Concatenate[S, UnitOfWork, P], R], run: Callable[..., R]) -> Callable[Concatenate[S, P], R]:
    name = method.__name__.removeprefix("_")

    @wraps(method)
    def verb(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        return run(self._runner, f"{self.name}.{name}", lambda uow: method(self, uow, *args, **kwargs))

    setattr(verb, "__wrapped__", _Shown(method))  # noqa: B010 - the type of a function knows no other
    return cast(Callable[Concatenate[S, P], R], verb)


class _Shown:
    """A method as its callers see it: its signature has no unit of work.

    `inspect.signature` looks here on its way from the verb to the method. To work it out for each verb at once would be
    a twentieth of our import.
    """

    def __init__(self, method: Callable[..., Any]) -> None:
        self.__wrapped__ = method

    @property
    def __signature__(self) -> Signature:
        whole = signature(self.__wrapped__)
        return whole.replace(parameters=[each for each in whole.parameters.values() if each.name != "uow"])


def preceded(
    by: Callable[Concatenate[Runner, ...], object],
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """A verb before which something else is called with the same arguments, while no transaction of its is open."""

    def decorated(verb: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(verb)
        def whole(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
            by(self._runner, *args, **kwargs)
            return verb(self, *args, **kwargs)

        return cast(Callable[Concatenate[S, P], R], whole)

    return decorated


def occurs(search: str) -> Contains:
    """The condition on a `search_key` that this occurs in it, in any case.

    Raises:
        Invalid: It is no text, is empty or too long.
    """
    return Contains(text.fold(text.exact(search, "search")))


def list_page(
    uow: UnitOfWork,
    reader: Reader[E],
    collection: Collection[E],
    where: Mapping[str, object],
    *,
    present: Callable[[Sequence[E]], Sequence[T]],
    filters: Mapping[str, object],
    **paging: Any,
) -> Page[T]:
    """One page of a tenant's list; its cursors are good for this tenant, verb and filters alone."""
    context = f"{uow.tx.tenant_id} {uow.verb} {sorted(filters.items())}"
    return page(reader, collection, where, keys=uow.settings.keys, context=context, present=present, **paging)
