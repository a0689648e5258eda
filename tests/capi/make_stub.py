#!/usr/bin/env python3
"""Writes a C file that defines every function of pgo.h, so that a small library with debug
information shows the whole ABI to abidiff: make_stub.py pgo.h stub.c"""
import pathlib
import re
import sys

header = pathlib.Path(sys.argv[1]).read_text()
text = re.sub(r"/\*.*?\*/", " ", header, flags=re.S)
declarations = re.findall(r"^PGO_API ([^;]*);", text, flags=re.M)
lines = ['#include "pgo.h"', ""]
lines += [f"{' '.join(declaration.split())} {{ __builtin_trap(); }}" for declaration in declarations]
pathlib.Path(sys.argv[2]).write_text("\n".join(lines) + "\n")
