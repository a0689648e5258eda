"""What every message of the REST interface can do. The classes themselves are in _messages."""
from dataclasses import fields as _fields
from typing import Any, ClassVar, Dict, Mapping, Tuple, Type, TypeVar

T = TypeVar("T", bound="Message")


class Message:
    """A message: a dataclass whose names are those of the JSON document in snake case.

    >>> from pgo.messages import ScaleClusterQuery, ShowClusterPod
    >>> ScaleClusterQuery(name="hippo", replica_count=2).to_json()["replica-count"]
    2
    >>> ShowClusterPod.from_json({"Name": "hippo-1", "Ready": True}).ready
    True
    """

    _keys: ClassVar[Tuple[Tuple[str, str, str], ...]] = ()

    @classmethod
    def from_json(cls: Type[T], document: Mapping[str, Any]) -> T:
        """Takes what the document holds; what is absent or null keeps its default, and members that
        are not known are left out, as a newer server may send them."""
        values: Dict[str, Any] = {}
        for name, key, kind in cls._keys:
            if document.get(key) is not None:
                values[name] = _decode(cls, kind, document[key])
        return cls(**values)

    def to_json(self) -> Dict[str, Any]:
        """The document as it is sent; optional members that are None are left out."""
        document = {}
        for name, key, kind in self._keys:
            value = getattr(self, name)
            if value is not None:
                document[key] = _encode(value)
        return document


def _decode(owner: type, kind: str, value: Any) -> Any:
    if kind[0] == "?":
        return _decode(owner, kind[1:], value)
    if kind[0] == "[":
        return [_decode(owner, kind[1:], item) for item in value]
    if kind[0] == "{":
        return {key: _decode(owner, kind[1:], item) for key, item in value.items()}
    if kind in ("str", "int", "float", "bool", "any"):
        return value
    from . import _messages
    return getattr(_messages, kind).from_json(value)


def _encode(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    return value


def request_of(message: Type[T], **values: Any) -> T:
    """A request in which None stands for the default."""
    known = {field.name for field in _fields(message)}  # type: ignore[arg-type]
    return message(**{name: value for name, value in values.items()
                      if value is not None and name in known})
