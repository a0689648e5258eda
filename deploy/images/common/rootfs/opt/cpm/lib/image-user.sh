#!/bin/bash
# For the Containerfiles: image-user.sh NAME ID FOLDER... makes the user that an image runs as, before
# any package brings one of that name. On OpenShift a container runs under an id that the cluster
# chose, in group 0: home, folders and the list of users (see adopt_user) belong to that group too.
set -euo pipefail

name="$1" id="$2"
shift 2
# Group 26 is Debian's "tape"; these images have had the number for their user since 4.2.0.
if taken="$(getent group "${id}")"; then groupdel "${taken%%:*}"; fi
groupadd --gid "${id}" "${name}"
useradd --system --password '*' --uid "${id}" --gid "${id}" --no-create-home --home-dir "/home/${name}" --shell /bin/bash "${name}"
install -d -o "${id}" -g 0 -m 0770 "/home/${name}" "$@"
chmod g=u /etc/passwd
