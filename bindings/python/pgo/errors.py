"""Failures as exceptions: one class for each code of the C interface."""
from typing import Dict, Type


class PgoError(Exception):
    """A call failed. `code` is the number of the C interface and never changes.

    >>> import pgo
    >>> try:
    ...     pgo.plan({"namespace": "ns"})
    ... except pgo.InvalidArgument as error:
    ...     print(error.name, error.subject)
    invalid_argument cluster
    """

    code = 0
    name = "unknown"

    def __init__(self, message: str, subject: str = "", code: int = 0):
        super().__init__(message)
        self.subject = subject  #: the object or field concerned, or ""
        if code:
            self.code = code

    @property
    def retryable(self) -> bool:
        """The same call may succeed later without a change by the caller."""
        return self.name in ("conflict", "resource_exhausted", "unavailable", "deadline_exceeded")


class NotFound(PgoError):
    """What was named does not exist."""

    code, name = 1, "not_found"


class AlreadyExists(PgoError):
    """What was to be made is there."""

    code, name = 2, "already_exists"


class Conflict(PgoError):
    """Somebody else changed it: read again, decide again."""

    code, name = 3, "conflict"


class Expired(PgoError):
    """Too old to go on from: list again."""

    code, name = 4, "expired"


class InvalidArgument(PgoError, ValueError):
    """The input is wrong whatever the state of the world; nothing has been written."""

    code, name = 5, "invalid_argument"


class FailedPrecondition(PgoError):
    """The input is right, the state of the world forbids it; nothing has been written."""

    code, name = 6, "failed_precondition"


class Unauthenticated(PgoError):
    """Who is calling is not known."""

    code, name = 7, "unauthenticated"


class PermissionDenied(PgoError):
    """The caller is known and not allowed."""

    code, name = 8, "permission_denied"


class ResourceExhausted(PgoError):
    """A limit was hit: wait, then retry."""

    code, name = 9, "resource_exhausted"


class Unavailable(PgoError):
    """The other side cannot be reached now: retry."""

    code, name = 10, "unavailable"


class DeadlineExceeded(PgoError, TimeoutError):
    """No answer in time; the effect is unknown."""

    code, name = 11, "deadline_exceeded"


class Cancelled(PgoError):
    """The caller asked to stop."""

    code, name = 12, "cancelled"


class Unimplemented(PgoError):
    """Not supported here."""

    code, name = 13, "unimplemented"


class InternalError(PgoError):
    """A defect, ours or the other side's."""

    code, name = 14, "internal"


BY_CODE: Dict[int, Type[PgoError]] = {kind.code: kind for kind in PgoError.__subclasses__()}
