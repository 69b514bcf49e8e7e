"""The package over the library: run from the top folder by CTest, or
AMEND_LIBRARY=build/libamend.so PYTHONPATH=python python3 -m unittest discover -s python/tests
"""

import copy
import gc
import importlib.util
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

import numpy as np

import amend

TOP = pathlib.Path(__file__).resolve().parents[2]
PHOTO = TOP / "tests" / "data" / "astronaut.png"
MODEL = TOP / "models" / "ferplus-resnet18-ema.safetensors"
FACE = (164, 72, 118, 118)


class Images(unittest.TestCase):
    def test_open_colour(self):
        image = amend.open_image(PHOTO)
        self.assertEqual((image.dtype, image.ndim, image.shape[2]), (np.uint8, 3, 3))
        self.assertTrue(image.flags.owndata and image.flags.writeable)
        np.testing.assert_array_equal(image, amend.open_image(str(PHOTO)))

    def test_open_gray(self):
        """A PNG of two pixels, written here."""
        def chunk(name, data):
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0))
        png = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\x0a\xc8")) + chunk(b"IEND", b"")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "gräu.png")
            path.write_bytes(png)
            np.testing.assert_array_equal(amend.open_image(path), [[10, 200]])

    def test_missing_file(self):
        with self.assertRaises(amend.Error) as caught:
            amend.open_image("no/such/photo.png")
        self.assertEqual(caught.exception.code, amend.Code.IO)
        self.assertIn("no/such/photo.png", caught.exception.message)
        self.assertEqual(str(caught.exception), caught.exception.message)

    def test_not_an_image(self):
        with self.assertRaises(amend.Error) as caught:
            amend.open_image(__file__)
        self.assertEqual(caught.exception.code, amend.Code.BAD_DATA)


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = amend.Model(MODEL, precision="f32")
        cls.image = amend.open_image(PHOTO)

    def probabilities(self, image, box=FACE):
        return self.model.predict(image, box).probabilities

    def test_reading(self):
        reading = self.model.predict(PHOTO, FACE)
        self.assertEqual(reading.probabilities.shape, (len(self.model.labels),))
        self.assertAlmostEqual(float(reading.probabilities.sum()), 1, places=5)
        self.assertEqual(reading.label, self.model.labels[int(reading.probabilities.argmax())])
        self.assertEqual(reading.score, float(reading.probabilities.max()))
        self.assertEqual(reading.labels, self.model.labels)
        self.assertEqual(self.model.path, str(MODEL))

    def test_copies_are_the_model(self):
        """Of one owner: the library's object lives as long as any of them."""
        model = amend.Model(MODEL, precision="f32")
        twin = copy.copy(model)
        self.assertIs(twin, model)
        del model
        gc.collect()
        np.testing.assert_array_equal(twin.predict(self.image, FACE).probabilities, self.probabilities(self.image))

    def test_mapped_arrays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "frames.npy")
            np.save(path, self.image[np.newaxis])
            frames = np.load(path, mmap_mode="r")
            np.testing.assert_array_equal(self.probabilities(frames[0]), self.probabilities(self.image))

    def test_box_matters(self):
        self.assertFalse(np.array_equal(self.probabilities(self.image), self.probabilities(self.image, None)))

    def test_every_form_of_an_image(self):
        """Path, array, a view with gaps, reversed channels put back, opaque RGBA: the same pixels, the same reading."""
        expected = self.probabilities(PHOTO)
        wide = np.zeros((self.image.shape[0], self.image.shape[1] + 7, 3), np.uint8)
        wide[:, :-7] = self.image
        opaque = np.dstack([self.image, np.full(self.image.shape[:2], 255, np.uint8)])
        bgr = np.ascontiguousarray(self.image[..., ::-1])
        read_only = self.image.copy()
        read_only.setflags(write=False)
        for image in (str(PHOTO), self.image, wide[:, :-7], opaque, bgr[..., ::-1], read_only,
                      np.asfortranarray(self.image)):
            np.testing.assert_array_equal(self.probabilities(image), expected)

    def test_gray(self):
        gray = self.image[:, :, 1]
        expected = self.probabilities(np.dstack([gray] * 3))
        np.testing.assert_array_equal(self.probabilities(gray), expected)
        np.testing.assert_array_equal(self.probabilities(gray[:, :, np.newaxis]), expected)

    def test_transparent_is_black(self):
        clear = np.dstack([self.image, np.zeros(self.image.shape[:2], np.uint8)])
        np.testing.assert_array_equal(self.probabilities(clear), self.probabilities(np.zeros_like(self.image)))

    def test_palettes(self):
        class Palette:
            """As Pillow's image, whose array holds numbers of colours."""
            mode = "P"
            pixels = self.image[:, :, 0]

            def __array__(self, *_, **__):
                return self.pixels

        with self.assertRaisesRegex(ValueError, "mode P.*convert"):
            self.model.predict(Palette())

    def test_no_image(self):
        with self.assertRaisesRegex(TypeError, "uint8.*not of float64"):
            self.model.predict(self.image / 255)
        for shape in ((4,), (4, 4, 2), (2, 4, 4, 3), (0, 4, 3)):
            with self.assertRaisesRegex(ValueError, "height x width"):
                self.model.predict(np.zeros(shape, np.uint8))
        with self.assertRaises(TypeError):
            self.model.predict(None)

    def test_box_outside(self):
        with self.assertRaises(amend.Error) as caught:
            self.model.predict(self.image, (5000, 5000, 10, 10))
        self.assertEqual(caught.exception.code, amend.Code.BAD_ARGUMENT)
        for box in ((1, 2, 3), (1, 2, 3, 4, 5)):
            with self.assertRaisesRegex(ValueError, "four numbers"):
                self.model.predict(self.image, box)

    def test_box_beside_a_face(self):
        face = amend.Face(FACE, 0.9, (200, 110), (250, 110), (226, 130), (226, 160))
        with self.assertRaisesRegex(ValueError, "a box and a face"):
            self.model.predict(self.image, box=FACE, face=face)
        self.assertEqual(self.model.predict(self.image, face=face).labels, self.model.labels)

    def test_threads_share_a_model(self):
        boxes = [(100 + 10 * i, 60, 118, 118) for i in range(6)]
        expected = [self.probabilities(self.image, box) for box in boxes]
        wrong = []

        def work(offset):
            for i in range(2 * len(boxes)):
                k = (i + offset) % len(boxes)
                if not np.array_equal(self.probabilities(self.image, boxes[k]), expected[k]):
                    wrong.append(k)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_same_as_the_command(self):
        command = os.environ.get("AMEND_COMMAND")
        if not command:
            self.skipTest("AMEND_COMMAND names no command")
        own = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        out = subprocess.run(
            [command, "predict", PHOTO, "--model", MODEL, "--precision", "f32", "--json", "-",
             "--box", ",".join(map(str, FACE))], env=own, check=True, stdout=subprocess.PIPE).stdout
        face = json.loads(out)["images"][0]["faces"][0]
        reading = self.model.predict(PHOTO, FACE)
        self.assertEqual(reading.label, face["label"])
        self.assertEqual(list(reading.labels), list(face["probabilities"]))
        np.testing.assert_allclose(reading.probabilities, list(face["probabilities"].values()), atol=1e-6)


DETECTOR = TOP / "models" / "blazeface-256.onnx"


@unittest.skipUnless(DETECTOR.exists(), "no face detector; tools/detector.sh fetches it")
class Faces(unittest.TestCase):
    def test_the_face_is_found_and_read(self):
        faces = amend.Detector(DETECTOR).find(PHOTO)
        self.assertEqual(len(faces), 1)
        face = faces[0]
        x, y, width, height = face.box
        self.assertTrue(abs(x + width / 2 - 226) < 15 and abs(y + height / 2 - 125) < 15 and 80 < width < 130)
        self.assertLess(face.left_eye[0], face.right_eye[0])
        self.assertGreater(face.mouth[1], face.nose[1])
        self.assertEqual(amend.Model(MODEL).predict(PHOTO, face=face).label, "happiness")

    def test_none(self):
        self.assertEqual(amend.Detector(DETECTOR).find(np.full((200, 300), 128, np.uint8)), [])

    def test_no_detector(self):
        with self.assertRaises(amend.Error):
            amend.Detector(MODEL)


class Opening(unittest.TestCase):
    def test_released_model(self):
        os.environ.pop("AMEND_MODEL", None)
        if amend._library.model_beside() is None:
            self.skipTest("the library lies in no build folder of the source tree")
        self.assertTrue(os.path.samefile(amend.Model().path, MODEL))

    def test_named_by_the_environment(self):
        os.environ["AMEND_MODEL"] = "named/by/environment.safetensors"
        try:
            with self.assertRaisesRegex(amend.Error, "named/by/environment"):
                amend.Model()
        finally:
            del os.environ["AMEND_MODEL"]

    def test_refused(self):
        with self.assertRaisesRegex(ValueError, "f64.*auto, f32"):
            amend.Model(MODEL, precision="f64")
        with self.assertRaises(amend.Error) as caught:
            amend.Model(MODEL, precision="int8")
        self.assertEqual(caught.exception.code, amend.Code.UNSUPPORTED)
        with self.assertRaises(amend.Error) as caught:
            amend.Model(PHOTO)
        self.assertEqual(caught.exception.code, amend.Code.BAD_DATA)

    def test_memory_is_given_back(self):
        """What the process holds does not grow with the models that were opened and dropped."""
        def resident():
            return int(pathlib.Path("/proc/self/statm").read_text().split()[1])

        if not os.path.exists("/proc/self/statm") or os.environ.get("LD_PRELOAD"):
            self.skipTest("memory cannot be read here, or is kept by a sanitizer")
        held = []
        for _ in range(12):
            amend.Model(MODEL, precision="f32")
            gc.collect()
            held.append(resident())
        pages = os.path.getsize(MODEL) / os.sysconf("SC_PAGE_SIZE")
        self.assertLess(held[-1] - held[3], 2 * pages)

    def test_library_that_is_not_there(self):
        done = subprocess.run([sys.executable, "-c", "import amend"], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "AMEND_LIBRARY": "/no/such/libamend.so"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ImportError: libamend could not be loaded (/no/such/libamend.so", done.stderr)

    def test_versions_agree(self):
        spec = importlib.util.spec_from_file_location("backend", TOP / "python" / "backend.py")
        backend = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(backend)
        self.assertEqual(amend.version(), backend.VERSION)

    def test_codes_agree_with_the_header(self):
        header = (TOP / "include" / "amend" / "status.h").read_text()
        body = header[header.index("AMEND_OK = 0"):header.index("} amend_code")]
        names = [line.split("AMEND_")[1].split(",")[0].split()[0] for line in body.splitlines() if "AMEND_" in line]
        self.assertEqual(names[1:], [code.name for code in amend.Code])
        self.assertEqual([int(code) for code in amend.Code], list(range(1, len(names))))


if __name__ == "__main__":
    unittest.main()
