#!/usr/bin/env python3
"""Makes pgo/_ffi.py from the headers in capi, and pgo/_messages.py from the tables of the library.

    generate.py PROGRAM FOLDER

PROGRAM is the built pgo_describe_messages, FOLDER where the two files go."""
import json
import keyword
import pathlib
import re
import subprocess
import sys
import textwrap

from operation_docs import DOCS, ON_A_NODE

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = [HERE.parents[2] / "capi" / name for name in ("pgo.h", "pgo_operations.h")]
MADE_BY = "Made by tools/generate.py; do not edit."

PLAIN = {"void": "None", "int32_t": "c_int32", "int64_t": "c_int64", "size_t": "c_size_t",
         "const char*": "c_char_p", "void*": "c_void_p", "int32_t*": "POINTER(c_int32)",
         "const char*const*": "POINTER(c_char_p)"}


# ---- the C interface


def statements(text):
    """The declarations of the header, one string each."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    text = text.replace('extern "C" {', "")
    depth, current = 0, ""
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == ";" and depth == 0:
            yield " ".join(current.split())
            current = ""
        else:
            current += char


class Header:
    def __init__(self, *texts):
        self.structs, self.callbacks, self.functions, self.constants = {}, {}, [], {}
        version = re.search(r"PGO_ABI_VERSION (\d+)", texts[0])
        self.constants["PGO_ABI_VERSION"] = int(version.group(1))
        for text in texts:
            for statement in statements(text):
                self.read(statement)

    def read(self, statement):
        if found := re.match(r"enum \{(.*)\}", statement):
            for name, value in re.findall(r"(\w+) = (\d+)", found.group(1)):
                self.constants[name] = int(value)
        elif found := re.match(r"typedef struct (\w+) \{(.*)\} \w+", statement):
            members = [m.strip() for m in found.group(2).split(";") if m.strip()]
            self.structs[found.group(1)] = self.parameters(members)
        elif found := re.match(r"typedef (.+?) \(\*(\w+)\)\((.*)\)", statement):
            self.callbacks[found.group(2)] = self.callback(found.group(1), found.group(3))
        elif found := re.match(r"PGO_API (.+?)(\w+)\((.*)\)$", statement):
            parameters = self.parameters(self.split(found.group(3)))
            self.functions.append((found.group(2), self.type_of(found.group(1)), parameters))

    @staticmethod
    def split(text):
        """Parameters at commas that stand in no parentheses."""
        parts, depth, current = [], 0, ""
        for char in text:
            depth += {"(": 1, ")": -1}.get(char, 0)
            if char == "," and depth == 0:
                parts.append(current)
                current = ""
            else:
                current += char
        return [p.strip() for p in [*parts, current] if p.strip() not in ("", "void")]

    def callback(self, result, parameters):
        types = [t for _, t in self.parameters(self.split(parameters))]
        return f"CFUNCTYPE({', '.join([self.type_of(result), *types])})"

    def parameters(self, declarations):
        found = []
        for declaration in declarations:
            if pointer := re.match(r"(.+?) ?\(\*(\w+)\)\((.*)\)", declaration):
                found.append((pointer.group(2), self.callback(pointer.group(1), pointer.group(3))))
                continue
            kind, name = re.match(r"(.*?)(\w+)$", declaration).groups()
            found.append((name, self.type_of(kind)))
        # Text that comes with a size need not end with a zero byte.
        sized = {name[:-5] for name, _ in found if name.endswith("_size")}
        if "size" in dict(found) and len(found) > 1 and found[0][0] != "size":
            sized.add(found[0][0])
        return [(n, "POINTER(c_char)" if t == "c_char_p" and n in sized else t) for n, t in found]

    def type_of(self, text):
        text = re.sub(r"\s*\*\s*", "*", text.strip()).replace("* const", "*const").strip()
        text = text.replace("*const*", "*const*")
        if text in PLAIN:
            return PLAIN[text]
        bare = text.replace("const ", "").rstrip("*")
        if bare in self.callbacks:
            return bare
        if bare in self.structs:
            return f"POINTER({bare})"
        return "POINTER(c_void_p)" if text.endswith("**") else "c_void_p"

    def write(self):
        lines = [f'"""The C interface, declared for ctypes. {MADE_BY}"""',
                 "from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_int32,",
                 "                    c_int64, c_size_t, c_void_p)", ""]
        lines += [f"{name} = {value}" for name, value in self.constants.items()]
        lines += [""] + [f"{name} = {kind}" for name, kind in self.callbacks.items()]
        for name, members in self.structs.items():
            lines += ["", "", f"class {name}(Structure):", "    _fields_ = ["]
            lines += [f'        ("{member}", {kind}),' for member, kind in members]
            lines += ["    ]"]
        lines += ["", "", "def declare(lib: CDLL) -> None:",
                  '    """Gives every function of the library its types."""']
        for name, result, parameters in self.functions:
            lines.append(f"    lib.{name}.restype = {result}")
            lines.append(f"    lib.{name}.argtypes = [{', '.join(t for _, t in parameters)}]")
        names = ", ".join(f'"{name}"' for name, _, _ in self.functions)
        return "\n".join(lines) + f"\n\n\nFUNCTIONS = ({names})\n"


# ---- the messages


# Keys that 4.2.0 wrote without a mark between their words.
WORDS = {"allflag": "all_flag", "clustername": "cluster_name", "ccpimagetag": "ccp_image_tag"}


def snake(key):
    """replica_count of ReplicaCount and replica-count, ccp_image_tag of CCPImageTag."""
    if key.lower() in WORDS:
        return WORDS[key.lower()]
    key = key.replace("-", "_").replace("CPUL", "CpuL").replace("WorkflowID", "WorkflowId")
    key = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key)
    key = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", key).lower()
    return key + "_" if keyword.iskeyword(key) else key


def annotation(kind):
    inner = kind[1:]
    return {"[": lambda: f"List[{annotation(inner)}]",
            "{": lambda: f"Dict[str, {annotation(inner)}]",
            "?": lambda: f"Optional[{annotation(inner)}]"}.get(
                kind[0], lambda: "Any" if kind == "any" else kind)()


def default(field):
    kind = field["type"]
    if "default" in field:
        return json_text(field["default"])
    simple = {"str": '""', "any": "None"}
    if kind in simple:
        return simple[kind]
    if kind[0] == "?":
        return "None"
    maker = {"[": "list", "{": "dict"}.get(kind[0], kind)
    return f"field(default_factory={maker})"


def json_text(value):
    return json.dumps(value) if isinstance(value, str) else repr(value)


def is_filled_in(key):
    return key.lower() in ("clientversion", "version")


def write_class(message):
    lines = ["", "", "@dataclass", f"class {message['name']}(Message):"]
    keys = []
    for entry in message["fields"]:
        name = snake(entry["key"])
        keys.append((name, entry["key"], entry["type"]))
        lines.append(f"    {name}: {annotation(entry['type'])} = {default(entry)}")
    assert len({k[0] for k in keys}) == len(keys), f"two names alike in {message['name']}"
    lines.append("    _keys: ClassVar[Tuple[Tuple[str, str, str], ...]] = (")
    lines += [f'        ("{name}", "{key}", "{kind}"),' for name, key, kind in keys]
    lines.append("    )")
    return lines


def docstring(operation, fields):
    """What a method says: the table's sentences, what it raises, an example."""
    described = [f for f in fields if "doc" in f]
    text = operation["summary"] + "\n"
    if described:
        text += "\nArguments; what is not given keeps its default:\n\n"
    for entry in described:
        text += textwrap.fill(f"{snake(entry['key'])}: {entry['doc']}", 88, initial_indent="* ",
                              subsequent_indent="  ", break_on_hyphens=False) + "\n"
    if described:
        text += "* cancel: A `Cancel` that ends the call.\n"
    raises, example = DOCS.get(operation["name"], ([], ""))
    if raises:
        text += "\nRaises beside what every call does (`Unauthenticated`, `PermissionDenied`,\n"
        text += "`Unavailable`, `Cancelled`):\n\n"
        text += "".join(f"* `{kind}`: {why}\n" for kind, why in raises)
    lines = (text + example).rstrip().split("\n")
    if len(lines) == 1:
        return [f'        """{lines[0]}"""']
    body = ["        " + line if line else "" for line in lines[1:]]
    return [f'        """{lines[0]}', *(line.replace("\\", "\\\\") for line in body), '        """']


def write_method(operation, messages, response, tried):
    request = operation["request"]
    fields = [f for f in messages[request]["fields"] if not is_filled_in(f["key"])]
    lines = ["", f"    def {operation['name']}(", "        self,", "        *,"]
    for entry in fields:
        value = default(entry)
        kind = annotation(entry["type"])
        if value.startswith("field("):
            kind, value = f"Optional[{kind}]", "None"
        lines.append(f"        {snake(entry['key'])}: {kind} = {value},")
    lines += ["        cancel: Any = None,", f"    ) -> {response}:"]
    lines += ([f'        """What `Client.{operation["name"]}` would do."""'] if tried
              else docstring(operation, fields))
    arguments = "".join(f", {snake(f['key'])}={snake(f['key'])}" for f in fields)
    lines.append(f"        return self._call(\"{operation['name']}\", {response},")
    lines.append(f"                          request_of({request}{arguments}), cancel)")
    return lines


def write_methods(name, summary, operations, messages, response=None):
    """A class with a method for each of the operations; `response` where all answer alike."""
    lines = ["", "", f"class {name}:", f'    """{summary}"""', "",
             "    def _call(self, name: str, response: Type[M], request: Message, cancel: Any) -> M:",
             "        raise NotImplementedError"]
    for operation in operations:
        lines += write_method(operation, messages, response or operation["response"],
                              tried=response is not None)
    return lines


def write_messages(document):
    messages = {m["name"]: m for m in document["messages"]}
    lines = [f'"""The messages of the REST interface, and the operations as methods. {MADE_BY}"""',
             "from dataclasses import dataclass, field",
             "from typing import Any, ClassVar, Dict, List, Optional, Tuple, Type, TypeVar", "",
             "from ._message import Message, request_of", "", 'M = TypeVar("M", bound=Message)']
    for message in document["messages"]:
        lines += write_class(message)
    lines += ["", "", "class Words:", '    """Words in answers that tell how far something has got."""', ""]
    lines += [f"    {name} = {json_text(word)}" for name, word in document["words"].items()]
    operations = document["operations"]
    lines += write_methods("Operations", "One method for each operation of the REST interface.",
                           operations, messages)
    lines += write_methods("Trials", "One method for each operation that writes; none of it is done.",
                           [o for o in operations if o["writes"]], messages,
                           document["dryRunResponse"])
    lines += ["", "", "#: Operations whose examples need a cluster that runs.",
              f"EXAMPLES_ON_A_NODE = {ON_A_NODE!r}"]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    described = subprocess.run([sys.argv[1]], capture_output=True, check=True).stdout
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_ffi.py").write_text(Header(*(header.read_text() for header in HEADERS)).write())
    (folder / "_messages.py").write_text(write_messages(json.loads(described)))


if __name__ == "__main__":
    main()
