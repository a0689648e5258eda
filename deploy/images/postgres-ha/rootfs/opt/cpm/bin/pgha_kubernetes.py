"""Requests to the Kubernetes API with the pod's account."""
import json
import os
import ssl
import urllib.error
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TIMEOUT_SECONDS = 10


def request(kind, name, patch=None):
    """The object, or None when it is not there; HTTPError 409 when it has changed since."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    namespace = os.environ["PATRONI_KUBERNETES_NAMESPACE"]
    with open(f"{ACCOUNT}/token", encoding="ascii") as file:
        headers = {"Authorization": f"Bearer {file.read().strip()}"}
    if patch:
        headers["Content-Type"] = "application/merge-patch+json"
    asked = urllib.request.Request(
        f"https://{host}:{port}/api/v1/namespaces/{namespace}/{kind}/{name}", headers=headers,
        data=json.dumps(patch).encode() if patch else None, method="PATCH" if patch else "GET")
    try:
        context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
        with urllib.request.urlopen(asked, context=context, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise
