"""Faces in photos."""

from __future__ import annotations

import ctypes
import os
import weakref
from dataclasses import dataclass
from typing import List, Optional, Tuple

from ._images import Image, as_c_image
from ._library import CBox, CFace, CPoint, check, detector_beside, lib

Point = Tuple[float, float]


@dataclass(frozen=True)
class Face:
    """A face, in pixels of the upright image; left and right as the viewer sees them."""

    box: Tuple[float, float, float, float]  # x, y, width, height
    score: float  # 0 to 1: how sure the detector is
    left_eye: Point
    right_eye: Point
    nose: Point
    mouth: Point


def _face(c: CFace) -> Face:
    points = [(p.x, p.y) for p in c.points]
    return Face((c.box.x, c.box.y, c.box.width, c.box.height), c.score, *points)


def as_c_face(face: Face) -> CFace:
    points = [CPoint(*p) for p in (face.left_eye, face.right_eye, face.nose, face.mouth)]
    return CFace(CBox(*face.box), face.score, (CPoint * 4)(*points))


class Detector:
    """Finds faces. path: the ONNX file of BlazeFace or YuNet; None: the one that the environment's AMEND_DETECTOR names,
    else the one that was installed. Threads may share a detector and use it at the same time."""

    def __init__(self, path: Optional[str | os.PathLike[str]] = None) -> None:
        handle = ctypes.c_void_p()
        file = detector_beside() if path is None else os.fsencode(path)
        check(lib.amend_detector_open(file, handle))
        self._handle = handle
        weakref.finalize(self, lib.amend_detector_free, handle).atexit = False

    def __copy__(self) -> Detector:
        """Itself: the library's object has one owner."""
        return self

    def find(self, image: Image, threshold: float = 0) -> List[Face]:
        """All faces of score `threshold` (0: the detector's own) or more, the surest first."""
        faces = ctypes.POINTER(CFace)()
        count = ctypes.c_size_t()
        with as_c_image(image) as c_image:
            check(lib.amend_detector_find(self._handle, c_image, threshold, faces, count))
        try:
            return [_face(faces[i]) for i in range(count.value)]
        finally:
            lib.amend_faces_free(faces)
