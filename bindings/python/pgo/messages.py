"""The messages of the REST interface as dataclasses; made from the tables of the library."""
from . import _messages
from ._message import Message
from ._messages import *  # noqa: F401,F403

__all__ = ["Message"] + sorted(name for name, value in vars(_messages).items()
                               if isinstance(value, type) and issubclass(value, Message))
