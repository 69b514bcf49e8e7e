"""Finds libamend and says how its functions are called. What is declared here stands in include/amend/."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char, c_char_p, c_double, c_float, c_int, c_size_t, c_ssize_t, c_ubyte, c_void_p
from pathlib import Path

from ._errors import Code, Error

SONAME = "libamend.so.0"


class Status(ctypes.Structure):
    _fields_ = [("code", c_int), ("message", c_char * 508)]


class CImage(ctypes.Structure):
    _fields_ = [("pixels", POINTER(c_ubyte)), ("width", c_size_t), ("height", c_size_t), ("channels", c_size_t)]


class CBox(ctypes.Structure):
    _fields_ = [("x", c_double), ("y", c_double), ("width", c_double), ("height", c_double)]


class CPixels(ctypes.Structure):
    _fields_ = [
        ("data", POINTER(c_ubyte)),
        ("width", c_size_t),
        ("height", c_size_t),
        ("stride", c_ssize_t),
        ("format", c_int),
    ]


PIXELS_RGBA = 3  # amend_pixel_format

_FUNCTIONS = {
    "amend_version": (c_char_p, []),
    "amend_image_open": (Status, [c_char_p, POINTER(CImage)]),
    "amend_image_from_pixels": (Status, [POINTER(CPixels), POINTER(CImage)]),
    "amend_image_free": (None, [POINTER(CImage)]),
    "amend_model_open_precision": (Status, [c_char_p, c_int, POINTER(c_void_p)]),
    "amend_model_free": (None, [c_void_p]),
    "amend_model_classes": (c_size_t, [c_void_p]),
    "amend_model_label": (c_char_p, [c_void_p, c_size_t]),
    "amend_model_path": (c_char_p, [c_void_p]),
    "amend_model_predict": (Status, [c_void_p, POINTER(CImage), POINTER(CBox), POINTER(c_float)]),
}


def _candidates() -> list[str]:
    """Where the library may be, best first. A path has a slash; a bare name is for the dynamic linker."""
    named = os.environ.get("AMEND_LIBRARY")
    if named:
        return [os.path.abspath(named)]  # nothing else: whoever names one means that one
    built = Path(__file__).resolve().parents[2] / "build" / "libamend.so"  # when used from the source tree
    return [str(built), SONAME] if built.exists() else [SONAME]


def _load() -> tuple[ctypes.CDLL, str]:
    reasons = []
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _FUNCTIONS.items():
                getattr(library, function).restype = result
                getattr(library, function).argtypes = arguments
            return library, name
        except (OSError, AttributeError) as error:  # not there, or too old to have the function
            reasons.append(str(error))
    raise ImportError(
        f"libamend could not be loaded ({'; '.join(reasons)}). Build it with 'make', install it with 'make install', "
        "or name it in the environment's AMEND_LIBRARY"
    )


lib, _name = _load()


def model_beside() -> bytes | None:
    """The released model near the library, where it was built or unpacked; None: the library knows where to look."""
    if os.environ.get("AMEND_MODEL") or "/" not in _name:
        return None
    for folder in ("../models", "../share/amend/models"):
        path = Path(_name).parent / folder / "ferplus-resnet18-ema.safetensors"
        if path.exists():
            return os.fsencode(path)
    return None


def check(status: Status) -> None:
    if status.code:
        raise Error(Code(status.code), status.message.decode("utf-8", "replace"))


def version() -> str:
    """Version of the library that is loaded."""
    text: bytes = lib.amend_version()
    return text.decode()
