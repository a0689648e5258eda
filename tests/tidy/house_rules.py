#!/usr/bin/env python3
"""The rules of the house that a machine can check: who may include whom, how long files are, what
must not stand in them, and that links in the docs lead somewhere."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What each component may include besides itself, lowest floor first. docs/architecture.md draws it.
MAY_USE = {
    "base": set(),
    "crypto": {"base"},
    "json": {"base"},
    "yaml": {"base", "json"},
    "template": {"base", "json", "yaml"},
    "http": {"base"},
    "kube": {"base", "crypto", "json", "yaml", "http"},
    "model": {"base", "json", "yaml", "kube"},
    "manifests": {"base", "json", "yaml", "template", "kube", "model"},
    "plan": {"base", "json", "kube", "model", "manifests"},
    "operations": {"base", "crypto", "json", "http", "yaml", "kube", "model", "manifests"},
    "engine": {"base", "crypto", "json", "yaml", "http", "kube", "model", "manifests", "plan"},
    "server": {"base", "crypto", "json", "http", "kube", "model", "plan", "operations", "engine"},
    "embedded": {"base", "crypto", "json", "yaml", "http", "kube"},
    "facade": {"base", "json", "http", "kube", "model", "manifests", "plan", "operations", "engine",
               "server"},
    "dev": {"base", "crypto", "json", "yaml", "http", "kube", "model", "manifests", "plan",
            "operations", "engine", "server", "embedded", "facade"},
}
THIRD_PARTY = re.compile(r"#include <(openssl|curl|rapidjson|yaml|fmt|date|sqlite3|boost|CLI)[/.]")
MAX_LINES = 500
BANNED = {
    re.compile(r"\b(TODO|FIXME|XXX)\b"): "an open end; build it or write it into docs/status.md",
    re.compile(r"\bstd::regex\b"): "std::regex; it is slow and recurses",
    re.compile(r"[^_\w](new|delete) [A-Za-z_:]+[({\[;]"): "raw new or delete",
    re.compile(r"\bstd::cout\b|\bprintf\("): "output from the library",
    re.compile(r"\bgetenv\("): "the environment read outside main",
}


def tracked():
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True)
    for name in names.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            yield name, path


def component_of(name):
    found = re.match(r"libpgo/(?:include/pgo|src)/([a-z]+)/", name)
    return found.group(1) if found else None


def check_includes(name, text):
    component = component_of(name)
    if component is None:
        return
    allowed = MAY_USE[component] | {component}
    for used in re.findall(r'#include "(?:pgo/)?([a-z]+)/', text):
        if used in MAY_USE and used not in allowed:
            yield f"{name}: {component} must not use {used}"
    if name.startswith("libpgo/include/") and (found := THIRD_PARTY.search(text)):
        yield f"{name}: third-party header <{found.group(1)}> in a public header"


def check_text(name, text):
    lines = text.count("\n")
    if lines > MAX_LINES and not name.startswith("tests/contract/golden"):
        yield f"{name}: {lines} lines, more than {MAX_LINES}"
    if not name.startswith(("libpgo/", "capi/")) or "/init/" in name:
        return
    for number, line in enumerate(text.split("\n"), 1):
        code = re.sub(r'//.*|"(\\.|[^"\\])*"', "", line)
        for pattern, why in BANNED.items():
            if pattern.search(code if pattern.pattern[0:3] != r"\b(T" else line):
                yield f"{name}:{number}: {why}"


def check_links(name, path, text):
    for target in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", text):
        if not (path.parent / target).exists():
            yield f"{name}: the link to {target} leads nowhere"


def main():
    problems = []
    for name, path in tracked():
        if re.search(r"\.(h|hpp|cpp|c|py|sh|cmake)$", name):
            text = path.read_text(encoding="utf-8")
            problems += check_includes(name, text)
            problems += check_text(name, text)
        elif name.endswith(".md"):
            problems += check_links(name, path, path.read_text(encoding="utf-8"))
    print("\n".join(problems) or "the house is in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
