#!/usr/bin/env python3
"""Packs the package as it is put together in the build tree into a wheel.

    make_wheel.py PACKAGE VERSION FOLDER

The shared library goes inside; the libraries that it uses itself (OpenSSL, libcurl, fmt, SQLite,
Zstandard, libyaml) are the system's. Source: the binary distribution format of the Python packaging guide."""
import base64
import hashlib
import os
import pathlib
import sys
import sysconfig
import zipfile

SUMMARY = "PostgreSQL clusters with high availability: libpgo for Python"
ENTRY_POINTS = "[pytest11]\npgo = pgo.testing\n"


def contents(package):
    """What goes in: (name in the wheel, file)."""
    for path in sorted(package.glob("*.py")) + [package / "py.typed"]:
        yield f"pgo/{path.name}", path
    yield "pgo/lib/libpgo.so.1", (package / "lib" / "libpgo.so.1").resolve()
    images = (package / "images").resolve()
    for path in sorted(p for p in images.rglob("*") if p.is_file()):
        yield f"pgo/images/{path.relative_to(images)}", path


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    package, version, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    tag = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
    info = f"pgo-{version}.dist-info"
    wheel = folder / f"pgo-{version}-{tag}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name, data, mode=0o644):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}")

        for name, path in contents(package):
            add(name, path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)
        add(f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: pgo\nVersion: {version}\nSummary: {SUMMARY}\n"
            "Requires-Python: >=3.9\n".encode())
        add(f"{info}/WHEEL",
            f"Wheel-Version: 1.0\nGenerator: pgo\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
        add(f"{info}/entry_points.txt", ENTRY_POINTS.encode())
        record.append(f"{info}/RECORD,,")
        add_record = "\n".join(record) + "\n"
        archive.writestr(f"{info}/RECORD", add_record)
    print(wheel)


if __name__ == "__main__":
    main()
