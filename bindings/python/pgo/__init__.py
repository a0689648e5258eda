"""PostgreSQL clusters with high availability, on Kubernetes or on this machine alone.

The operator as a library: `pgo.dev()` runs everything in this process, `pgo.Operator` works over
any Kubernetes API, `pgo.connect()` talks to an apiserver, `pgo.plan()` says what would be done.

>>> with pgo.dev(network="127.105", node=False) as here:
...     here.client.create_cluster(name="hippo").status.code
...     here.client.show_cluster("hippo").cluster.metadata.name
'ok'
'hippo'

Calls release the interpreter's lock. A child of `fork` may use nothing of what its parent made here;
use the "spawn" method of multiprocessing.
"""
import json
from typing import Any, Dict

from ._events import Events
from ._library import Text, check, lib
from ._progress import waiting_for, workflow_id
from .client import Cancel, Client, DryRun, connect
from .errors import (AlreadyExists, Cancelled, Conflict, DeadlineExceeded, Expired,
                     FailedPrecondition, InternalError, InvalidArgument, NotFound, PermissionDenied,
                     PgoError, ResourceExhausted, Unauthenticated, Unavailable, Unimplemented)
from .running import Dev, Operator, dev
from .transport import Api, ExecResult, HostTransport, Transport, Watch

__version__ = lib.pgo_version().decode()
#: The release of the PostgreSQL Operator whose wire protocol and objects these are.
COMPATIBLE_VERSION = lib.pgo_compatible_version().decode()

__all__ = ["AlreadyExists", "Api", "COMPATIBLE_VERSION", "Cancel", "Cancelled", "Client", "Conflict",
           "DeadlineExceeded", "Dev", "DryRun", "Events", "ExecResult", "Expired",
           "FailedPrecondition", "HostTransport", "InternalError", "InvalidArgument", "NotFound", "Operator",
           "PermissionDenied", "PgoError", "ResourceExhausted", "Transport", "Unauthenticated",
           "Unavailable", "Unimplemented", "Watch", "connect", "dev", "plan", "waiting_for", "workflow_id"]


def plan(view: Dict[str, Any]) -> Dict[str, Any]:
    """What the operator would do now for one cluster: a pure function of the view.

    >>> view = {"namespace": "zoo", "cluster": "hippo", "now": "2020-01-02T03:04:05Z", "objects": []}
    >>> pgo.plan(view)["actions"]
    []
    """
    document = json.dumps(view).encode()
    with Text() as made:
        check(lib.pgo_plan(document, len(document), made.out))
        return made.json()
