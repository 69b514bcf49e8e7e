"""Facial expression recognition: a face in, probabilities out.

    import amend

    model = amend.Model()                                       # the released model
    reading = model.predict("photo.jpg", box=(164, 72, 118, 118))
    print(reading.label, reading.score)

A thin layer over the C library libamend, which must be there: see docs/python.md.
"""

from __future__ import annotations

from ._errors import Code, Error
from ._images import Image, open_image
from ._library import version
from ._model import Box, Model, Precision, Prediction

__all__ = ["Box", "Code", "Error", "Image", "Model", "Precision", "Prediction", "open_image", "version"]
