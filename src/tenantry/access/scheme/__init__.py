"""A scheme: the host's permissions and built-in roles as one value."""

from .scheme import NOTHING, Scheme, keep

__all__ = ["NOTHING", "Scheme", "keep"]
