"""Images between NumPy and the library."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from ._library import PIXELS_RGBA, CImage, CPixels, check, lib

Image = Union[str, "os.PathLike[str]", npt.ArrayLike]
"""A file's path, or pixels: uint8, height x width (gray), x 3 (RGB) or x 4 (RGBA)."""

_BYTES = ctypes.POINTER(ctypes.c_ubyte)


def _as_pixels(image: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """As height x width x channels without gaps."""
    mode = None if isinstance(image, np.ndarray) else getattr(image, "mode", None)  # Pillow's, not numpy.memmap's
    if isinstance(mode, str) and mode not in ("L", "RGB", "RGBA"):
        raise ValueError(f"pixels of mode {mode} are not gray, RGB or RGBA; give image.convert('RGB')")
    pixels: npt.NDArray[Any] = np.asarray(image)
    if pixels.dtype != np.uint8:
        raise TypeError(f"an image is a path or an array of uint8 (0 to 255), not of {pixels.dtype}")
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or 0 in pixels.shape:
        raise ValueError(f"an image is height x width, x 3 (RGB) or x 4 (RGBA), not of shape {np.shape(image)}")
    return np.ascontiguousarray(pixels)


@contextlib.contextmanager
def _owned() -> Iterator[CImage]:
    """An image that the library allocates."""
    image = CImage()
    try:
        yield image
    finally:
        lib.amend_image_free(image)


@contextlib.contextmanager
def as_c_image(image: Image) -> Iterator[CImage]:
    """For the time of a call: a file decoded, an array's own memory, or a copy of RGBA laid over black."""
    if isinstance(image, (str, os.PathLike)):
        with _owned() as opened:
            check(lib.amend_image_open(os.fsencode(image), opened))
            yield opened
        return
    pixels = _as_pixels(image)
    height, width, channels = pixels.shape
    if channels != 4:
        yield CImage(pixels.ctypes.data_as(_BYTES), width, height, channels)
        return
    with _owned() as flat:
        check(lib.amend_image_from_pixels(
            CPixels(pixels.ctypes.data_as(_BYTES), width, height, 4 * width, PIXELS_RGBA), flat))
        yield flat


def open_image(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """Decodes a JPEG, PNG or WebP file, upright: height x width x 3 (RGB), or height x width if it is gray."""
    with _owned() as image:
        check(lib.amend_image_open(os.fsencode(path), image))
        pixels = np.empty((image.height, image.width, image.channels), np.uint8)
        ctypes.memmove(pixels.ctypes.data, image.pixels, pixels.nbytes)
    return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
