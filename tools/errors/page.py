"""The page of errors: what the source can raise, and what was seen when it was run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from inspect import getdoc

from tenantry import TenantryError
from tenantry.kernel import errors
from tenantry.messages import ENGLISH, STATUS
from tests.features.verbs import VERBS
from tools.markdown import Lines, code, table

from .observed import Observed, needed, observed
from .source import ANY, CLASSES, Raised, raised

__all__ = ["described", "page", "text_key"]

FEW = 5
"""So many fields or verbs are named; of more, the number."""
COMMON = {"wrong_type", "blank", "too_long", "unprintable"}
"""The rules of whatever is not of the right kind at all."""

INTRODUCTION = """
# Errors

Catch a family to decide on an HTTP status, a leaf to react to one rule. Each error has a `code`, the `rule` that was
broken, the `field` where there is one, and in `data` the parameters that the rule speaks of.
[Handle and translate errors](../how-to/errors.md) says what to do with them.

This page is made from the source, and by running it: every error is provoked, and every verb is called with what it
does not take, and by people who may not call it. So a verb that is named raises the error; one that is not may raise
it too, and its docstring says when. The HTTP statuses are `tenantry.messages.STATUS`; the texts are
`tenantry.messages.ENGLISH`, by code and rule. A text that says that the application made a mistake belongs to an error
in the code of the host, not in a request.
"""


BY_VERB = """
What a member needs who calls the verb with all of its parameters: first the permission that the library asks for, then
the next that it names to somebody who has that one. An asterisk means: and everything that the role, or the member, has
or gets by it ([the ceiling](../explanation/ceiling.md)). Left out are the rules of what is not of the right kind at all
(`wrong_type`, `blank`, `too_long`, `unprintable`), and the errors that a third of all verbs raise.
"""


def page() -> Lines:
    """The page."""
    yield from INTRODUCTION.strip().splitlines()
    seen = _by_rule()
    known = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TenantryError)]
    for family in (each for each in known if TenantryError in each.__bases__):
        here = [each for each in known if issubclass(each, family)]
        yield from ("", f"## {family.__name__}", "", f"HTTP status {STATUS[family.code]}.", "")
        yield from table(
            ["error", "code", "means"], [(code(each.__name__), code(each.code), _sentence(each)) for each in here]
        )
        rules = [rule for each in here for rule in sorted(raised()) if rule[0] == each.__name__]
        yield from (
            "",
            *table(["code", "rule", "field", "parameters", "text", "seen from"], (_row(r, seen) for r in rules)),
        )
    yield from ("", "## By verb", "")
    yield from BY_VERB.strip().splitlines()
    yield from ("", *table(["verb", "permission", "refused with"], _verbs(seen)))


def described() -> Mapping[Raised, frozenset[str]]:
    """Every code and rule of the page, with its parameters."""
    seen = _by_rule()
    return {each: frozenset(name for found in seen.get(each, ()) for name in found.data) for each in raised()}


def text_key(name: str, rule: str) -> str:
    """Where the catalogue has the text of a rule."""
    own = CLASSES[name].code
    return own if rule in (own, ANY) else f"{own}.{rule}"


def _by_rule() -> Mapping[Raised, Sequence[Observed]]:
    known, found = raised(), dict[Raised, list[Observed]]()
    for each in observed():
        key = (each.name, each.rule)
        found.setdefault(key if key in known else (each.name, ANY), []).append(each)
    return found


def _row(rule: Raised, seen: Mapping[Raised, Sequence[Observed]]) -> Sequence[str]:
    found = seen.get(rule, ())
    verbs, fields = {each.verb for each in found}, {each.field for each in found}
    shown = "*the limit*" if rule[1] == ANY else code(rule[1])
    text = ENGLISH.get(text_key(*rule), "")
    return code(CLASSES[rule[0]].code), shown, _few(fields, "fields"), _parameters(found), text, _few(verbs, "verbs")


def _few(several: Collection[str], what: str) -> str:
    """Their names, or how many there are."""
    named = sorted(filter(None, several))
    return ", ".join(map(code, named)) if len(named) <= FEW else f"{len(named)} {what}"


def _parameters(found: Sequence[Observed]) -> str:
    """Those that are always there, and those that are there sometimes."""
    always = [name for name in (found[0].data if found else ()) if all(name in each.data for each in found)]
    others = dict.fromkeys(name for each in found for name in each.data if name not in always)
    return ", ".join([*map(code, always), *(f"{code(name)}?" for name in others)])


def _verbs(seen: Mapping[Raised, Sequence[Observed]]) -> Iterator[Sequence[str]]:
    permissions = needed()
    everywhere = {rule for rule, found in seen.items() if len({each.verb for each in found}) > len(VERBS) // 3}
    for name in sorted(VERBS):
        need = permissions.get(name)
        asked = ", ".join(map(code, need.permissions)) + ("*" if need.everything_given else "") if need else ""
        rules = sorted(
            CLASSES[rule[0]].code if rule[1] in (CLASSES[rule[0]].code, ANY) else f"{CLASSES[rule[0]].code}.{rule[1]}"
            for rule, found in seen.items()
            if rule not in everywhere and rule[1] not in COMMON and any(each.verb == name for each in found)
        )
        yield code(name), asked, ", ".join(map(code, rules))


def _sentence(documented: type) -> str:
    return (getdoc(documented) or "").partition("\n")[0]
