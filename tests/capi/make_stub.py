#!/usr/bin/env python3
"""Writes a C file that defines every function of pgo.h and its parts, so that a small library
with debug information shows the whole ABI to abidiff: make_stub.py stub.c HEADER..."""
import pathlib
import re
import sys

header = "".join(pathlib.Path(name).read_text() for name in sys.argv[2:])
text = re.sub(r"/\*.*?\*/", " ", header, flags=re.S)
declarations = re.findall(r"^PGO_API ([^;]*);", text, flags=re.M)
lines = ['#include "pgo.h"', ""]
lines += [f"{' '.join(declaration.split())} {{ __builtin_trap(); }}" for declaration in declarations]
pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n")
