"""Builds the wheel of the package (PEP 517): a few Python files, zipped. Nothing to compile, nothing to fetch."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = "amend"
VERSION = "0.1.0"  # as in CMakeLists.txt; a test compares it with the library's
INFO = f"{NAME}-{VERSION}.dist-info"
METADATA = f"""Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: Facial expression recognition with the Amending Representation Module, over the C library libamend
Requires-Python: >=3.9
Requires-Dist: numpy
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: amend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def _package() -> dict[str, bytes]:
    files = [*HERE.glob("amend/*.py"), HERE / "amend" / "py.typed"]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in sorted(files)}


def _write_wheel(folder: str, files: dict[str, bytes]) -> str:
    name = f"{NAME}-{VERSION}-py3-none-any.whl"
    files = {**files, f"{INFO}/METADATA": METADATA.encode(), f"{INFO}/WHEEL": WHEEL.encode()}
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content)}\n"
    files[f"{INFO}/RECORD"] = (record + f"{INFO}/RECORD,,\n").encode()
    with zipfile.ZipFile(Path(folder) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, _package())


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, {f"{NAME}.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    name = f"{NAME}-{VERSION}.tar.gz"
    files = {**_package(), "PKG-INFO": METADATA.encode()}
    for own in ("backend.py", "pyproject.toml"):
        files[own] = (HERE / own).read_bytes()
    with tarfile.open(Path(sdist_directory) / name, "w:gz") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"{NAME}-{VERSION}/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return name
