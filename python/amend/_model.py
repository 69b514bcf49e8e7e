"""Models and what they say."""

from __future__ import annotations

import ctypes
import os
import weakref
from dataclasses import dataclass
from typing import Literal, Optional, Tuple

import numpy as np
import numpy.typing as npt

from ._faces import Face, as_c_face
from ._images import Image, as_c_image
from ._library import CBox, check, lib, model_beside

Box = Tuple[float, float, float, float]
"""x, y, width, height in pixels; may reach outside the image."""

Precision = Literal["auto", "f32", "bf16", "int8"]
_PRECISIONS = ("auto", "f32", "bf16", "int8")  # in the order of amend_precision


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model reads in a face."""

    label: str  # the most probable expression
    probabilities: npt.NDArray[np.float32]  # of each of `labels`; their sum is 1
    labels: Tuple[str, ...]

    @property
    def score(self) -> float:
        """Probability of `label`."""
        return float(self.probabilities.max())


class Model:
    """An expression model.

    path: a .safetensors file; None: the one that the environment's AMEND_MODEL names, else the released one.
    precision: arithmetic of the network; "auto" is what is fast on this processor, "int8" for quantized models only.

    Threads may share a model. While it predicts, other Python threads run.
    """

    def __init__(self, path: Optional[str | os.PathLike[str]] = None, precision: Precision = "auto") -> None:
        if precision not in _PRECISIONS:
            raise ValueError(f"precision {precision!r}: one of {', '.join(_PRECISIONS)}")
        handle = ctypes.c_void_p()
        file = model_beside() if path is None else os.fsencode(path)
        check(lib.amend_model_open_precision(file, _PRECISIONS.index(precision), handle))
        self._handle = handle
        # Not at exit: a daemon thread may still predict then, and the memory goes with the process.
        weakref.finalize(self, lib.amend_model_free, handle).atexit = False
        self.path: str = os.fsdecode(lib.amend_model_path(handle))
        self.labels: Tuple[str, ...] = tuple(
            lib.amend_model_label(handle, i).decode("utf-8", "replace")
            for i in range(lib.amend_model_classes(handle))
        )

    def __copy__(self) -> Model:
        """Itself: the library's object has one owner."""
        return self

    def __repr__(self) -> str:
        return f"amend.Model({self.path!r})"

    def predict(self, image: Image, box: Optional[Box] = None, face: Optional[Face] = None) -> Prediction:
        """Reads the expression of a `face` that Detector.find gave, of the face inside `box`, or of the whole image.

        Raises Error for a file that cannot be read or a box that does not touch the image, TypeError or ValueError
        for an array that is no image, ValueError for a box that is not four numbers, or one beside a face.
        """
        if box is not None and face is not None:
            raise ValueError("a box and a face: give one of them, a face has its own box")
        if box is not None and len(box) != 4:
            raise ValueError(f"box {tuple(box)}: four numbers are needed, x, y, width, height")
        probabilities = np.empty(len(self.labels), np.float32)
        out = probabilities.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        with as_c_image(image) as c_image:
            if face is not None:
                check(lib.amend_model_predict_face(self._handle, c_image, as_c_face(face), out))
            else:
                check(lib.amend_model_predict(self._handle, c_image, CBox(*box) if box is not None else None, out))
        return Prediction(self.labels[int(probabilities.argmax())], probabilities, self.labels)
