"""One small scene for each code and rule of the library, which ends in that error."""

from .inputs import INPUTS
from .scene import Provocations, Scene
from .states import STATES

__all__ = ["ON_POSTGRESQL", "PROVOCATIONS", "Scene"]

PROVOCATIONS: Provocations = {**INPUTS, **STATES}
"""By the name of the class, and the rule. What is missing is told by `tests/architecture/test_errors.py`."""

ON_POSTGRESQL = {("Invalid", "autocommit")}
"""What no other store can be brought to."""
