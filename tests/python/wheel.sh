#!/usr/bin/env bash
# Packs a wheel, installs it apart from this tree, and uses it with nothing else in the way.
#   wheel.sh MAKE_WHEEL PACKAGE VERSION WORK_DIRECTORY
set -euo pipefail
work="$4"
rm -rf "${work:?}"
mkdir -p "${work}"
wheel="$("$1" "$2" "$3" "${work}")"
/usr/bin/python3 -m pip install --quiet --no-index --no-deps --no-compile --root-user-action ignore --target "${work}/site" "${wheel}"
cd /
PYTHONPATH="${work}/site" /usr/bin/python3 -W error - <<'PYTHON'
import importlib.metadata
import os
import pathlib

import pgo
import pgo.testing

here = pathlib.Path(pgo.__file__).parent
assert importlib.metadata.version("pgo") == pgo.__version__
plugins = [e.value for e in importlib.metadata.entry_points(group="pytest11") if e.name == "pgo"]
assert plugins == ["pgo.testing"], plugins
assert (here / "py.typed").exists()
assert os.access(here / "images" / "postgres-ha" / "entrypoint", os.X_OK)
with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True) as running:
    running.client.create_cluster(name="hippo")
    assert running.client.show_cluster("hippo").cluster.metadata.name == "hippo"
PYTHON
