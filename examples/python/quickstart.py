"""A PostgreSQL cluster with a standby, without Kubernetes, in one program:

    python3 quickstart.py ~/databases

What it makes is there again at the next run. Not as root: databases do not run as root.
"""
import sys

import pgo


def main():
    with pgo.dev(sys.argv[1] if len(sys.argv) > 1 else None) as here:
        try:
            here.client.create_cluster(name="hippo", replica_count=1)
        except pgo.AlreadyExists:
            print("hippo is there already")
        for waiting in here.client.progress("hippo"):
            print("waiting for", waiting)
        for pod in here.client.show_cluster("hippo").pods:
            print(pod.type, pod.name, pod.ready_status)


if __name__ == "__main__":
    main()
