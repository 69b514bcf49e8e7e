"""Writes the seeds of the fuzz targets anew. They are small, and made by the programs whose formats they are in.
What fuzzing has found lies beside them (onnx/sparse-input). Needs Pillow, NumPy, PyTorch, ONNX and a built amend.
Usage: make_corpus.py AMEND"""
import io
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np

amend = os.path.abspath(sys.argv[1])
corpus = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def keep(target, name, data):
    os.makedirs(f"{corpus}/{target}", exist_ok=True)
    with open(f"{corpus}/{target}/{name}", "wb") as file:
        file.write(data)


def images():
    from PIL import Image

    gray = Image.fromarray(np.arange(16 * 12, dtype=np.uint8).reshape(12, 16))
    colour = Image.merge("RGB", (gray, gray.transpose(0), gray.transpose(1)))
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, image, kind, options in [
        ("gray.jpg", gray, "JPEG", {}), ("progressive.jpg", colour, "JPEG", {"progressive": True, "exif": exif.tobytes()}),
        ("inks.jpg", colour.convert("CMYK"), "JPEG", {"quality": 20}),
        ("gray.png", gray, "PNG", {}), ("colour.png", colour, "PNG", {"exif": exif.tobytes()}),
        ("palette.png", colour.convert("P"), "PNG", {"transparency": 3}), ("bits.png", gray.convert("1"), "PNG", {}),
        ("deep.png", gray.convert("I").point(lambda v: v * 200), "PNG", {}), ("alpha.png", colour.convert("RGBA"), "PNG", {}),
        ("lossy.webp", colour, "WEBP", {"exif": exif.tobytes()}), ("lossless.webp", colour.convert("RGBA"), "WEBP", {"lossless": True}),
    ]:
        out = io.BytesIO()
        image.save(out, kind, **options)
        keep("image", name, out.getvalue())
    keep("exif", "little", exif.tobytes())
    keep("exif", "big", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 8, 0, 0))


def safetensors_file(tensors, meta):
    header, at = {"__metadata__": meta}, 0
    for name, dtype, array in tensors:
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for _, _, a in tensors)


def weights():
    one = np.ones((2, 3), np.float32)
    keep("safetensors", "plain", safetensors_file([("a", "F32", one), ("b", "F16", one.astype(np.float16))], {"k": "v"}))
    keep("safetensors", "empty", safetensors_file([("none", "I64", np.zeros((0, 4), np.int64)), ("s", "F64", np.ones(()))], {}))
    import torch

    state = {"conv.weight": torch.ones(2, 1, 2, 2), "bn.bias": torch.zeros(2).half(), "n": torch.tensor(3)}
    for name, thing, zipped in [("zip", state, True), ("old", state, False), ("turned", {"model": {"w": torch.ones(2, 3).t()}}, True),
                                ("notes", {"state_dict": state, "epoch": 3, "best": 0.5, "name": "net"}, False)]:
        out = io.BytesIO()
        torch.save(thing, out, _use_new_zipfile_serialization=zipped)
        keep("pth", name, out.getvalue())
    out = io.BytesIO()
    torch.save({"state_dict": state, "id": 200}, out, _use_new_zipfile_serialization=False)
    assert out.getvalue().count(b"K\xc8") == 1
    keep("pth", "digits", out.getvalue().replace(b"K\xc8", b"I140234567890123\n"))  # as Python 2 writes it


def onnx_file(nodes, tensors, opset=13, shape=(1, 1, 8, 8), outputs="y"):
    import onnx
    from onnx import helper, numpy_helper

    nodes = [helper.make_node(kind, inputs.split(), outputs.split(), **more) for kind, inputs, outputs, more in nodes]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info(y, onnx.TensorProto.FLOAT, None) for y in outputs.split()],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in tensors.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()


def networks():
    f, i = np.float32, np.int64
    kernel, ones = np.ones((2, 1, 3, 3), f), np.ones(2, f)
    keep("onnx", "layers", onnx_file([
        ("Conv", "x w b", "c", {"pads": [1, 1, 1, 1]}), ("BatchNormalization", "c b b b b", "n", {}), ("Relu", "n", "r", {}),
        ("MaxPool", "r", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}), ("GlobalAveragePool", "p", "q", {}),
        ("Flatten", "q", "f", {}), ("Gemm", "f m b", "g", {"transB": 1}), ("Softmax", "g", "y", {"axis": 1})],
        {"w": kernel, "b": ones, "m": np.ones((2, 2), f)}))
    keep("onnx", "moves", onnx_file([
        ("Shape", "x", "s", {}), ("Gather", "s k", "h", {}), ("Transpose", "x", "t", {"perm": [0, 2, 3, 1]}),
        ("Slice", "t a e", "u", {}), ("Concat", "u u", "v", {"axis": 3}), ("Reshape", "v r", "w", {}),
        ("Split", "w", "p q", {"axis": 1}), ("Unsqueeze", "p k", "z", {}), ("Squeeze", "z k", "y", {})],
        {"k": np.array([1], i), "a": np.array([0, 1], i), "e": np.array([1, 7], i), "r": np.array([1, -1], i)}))
    keep("onnx", "sizes", onnx_file([
        ("Resize", "x o s", "a", {}), ("Pad", "a p", "b", {"mode": "reflect"}), ("ReduceMean", "b", "c", {"axes": [1]}),
        ("Expand", "c e", "d", {}), ("DepthToSpace", "d", "y", {"blocksize": 2})],
        {"o": np.zeros(0, f), "s": np.array([1, 1, 2, 2], f), "p": np.array([0, 0, 1, 1, 0, 0, 1, 1], i), "e": np.array([1, 4, 1, 1], i)}))
    keep("onnx", "scalar", onnx_file([("Shape", "x", "s", {}), ("Gather", "s k", "h", {}), ("Mul", "x h", "y", {})], {"k": i(2)}))
    keep("onnx", "linear", onnx_file([
        ("Resize", "x o s", "a", {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
        ("Resize", "a o o t", "b", {"mode": "linear"}), ("Pad", "b p f k", "y", {"mode": "edge"})],
        {"o": np.zeros(0, f), "s": np.array([1, 1, 2, 0.5], f), "t": np.array([1, 1, 5, 5], i), "p": np.array([1, 0], i),
         "f": f(0), "k": np.array([3], i)}, 18))
    keep("onnx", "windows", onnx_file([
        ("MaxPool", "x", "a", {"kernel_shape": [2, 3], "strides": [1, 2], "dilations": [2, 1], "pads": [1, 0, 0, 1]}),
        ("AveragePool", "a", "b", {"kernel_shape": [3, 2], "ceil_mode": 1, "count_include_pad": 1, "pads": [1, 1, 1, 1]}),
        ("Conv", "b w", "c", {"strides": [2, 1], "dilations": [1, 2], "auto_pad": "SAME_LOWER"}), ("PRelu", "c g", "d", {}),
        ("Flatten", "d", "e", {}), ("Gemm", "e m v", "y", {"beta": 0.5})],
        {"w": np.ones((1, 1, 2, 2), f), "g": np.ones((4, 1), f), "m": np.ones((20, 2), f), "v": np.ones((1, 2), f)}))
    keep("onnx", "functions", onnx_file([
        ("Clip", "x l h", "a", {}), ("PRelu", "a l", "b", {}), ("HardSwish", "b", "c", {}), ("HardSigmoid", "c", "d", {}),
        ("Mul", "d k", "e", {}), ("Sub", "k e", "f", {}), ("Div", "f k", "g", {}), ("Add", "g x", "h2", {}), ("LeakyRelu", "h2", "y", {})],
        {"l": f(0.1), "h": f(6), "k": np.ones((1, 1, 8, 1), f)}, 14))
    keep("onnx", "constants", onnx_file([
        ("ConstantOfShape", "s", "a", {}), ("Cast", "a", "b", {"to": 1}), ("MatMul", "x m", "c", {}), ("Add", "c b", "d", {}),
        ("AveragePool", "d", "y", {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER"})], {"s": np.array([1, 1, 1, 4], i), "m": np.ones((8, 4), f)}))


def grids(parts):
    """A convolution for each part of a detector's output: its values (a part's columns, cells first) as rows."""
    nodes, tensors, random = [], {}, np.random.default_rng(1)
    for name, stride, anchors, columns in parts:
        tensors["w" + name] = random.normal(0, 0.5, (anchors * columns, 3, 1, 1)).astype(np.float32)
        tensors["r" + name] = np.array([1, -1, columns], np.int64)
        nodes += [("Conv", f"x w{name}", f"c{name}", {"strides": [stride, stride]}),
                  ("Transpose", f"c{name}", f"t{name}", {"perm": [0, 2, 3, 1]}), ("Reshape", f"t{name} r{name}", name, {})]
    return nodes, tensors


def detectors():
    parts = [(f"{what}{cells}", 64 // cells, anchors, columns)
             for cells, anchors in ((16, 2), (8, 6)) for what, columns in (("scores", 1), ("boxes", 16))]
    nodes, tensors = grids(parts)
    keep("detector", "blazeface", onnx_file(nodes, tensors, shape=(1, 3, 64, 64), outputs=" ".join(p[0] for p in parts)))
    parts = [(f"{what}_{stride}", stride, 1, columns)
             for what, columns in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)) for stride in (8, 16, 32)]
    nodes, tensors = grids(parts)
    keep("detector", "yunet", onnx_file(nodes, tensors, shape=(1, 3, 64, 64), outputs=" ".join(p[0] for p in parts)))


def numbers():
    for name, value in [("int", np.int64(3)), ("float", np.float32(2)), ("text", np.array("7")), ("big", np.array(5, ">i4")), ("array", np.arange(3))]:
        out = io.BytesIO()
        np.save(out, value)
        keep("npy", name, out.getvalue())


def lists():
    rows = "".join(f"{k},{' '.join(['0'] * 2304)},{usage}\n" for k, usage in [(0, "Training"), (6, "PublicTest")])
    keep("data", "fer2013", b"f" + f"emotion,pixels,Usage\n{rows}".encode())
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
    keep("data", "ferplus", b"p" + (header + "Training,a.png,9,1,0,0,0,0,0,0,0,0\nTraining,,0,0,0,0,0,0,0,0,0,10\nPublicTest,b.png,0,8,0,0,2,0,0,0,0,0\n").encode())
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression\n"
    keep("data", "affectnet", b"a" + (header + "1/a.png,0,0,6,4,1;2,3\n1/a.png,-1,1,3,3,1;2,10\n").encode())
    keep("boxes", "two", b"file,x,y,w,h\na.png,0,0,10,12.5\nb/a.png,-1,2,1e1,3\n")
    keep("data", "rafdb", b"rtrain_1.jpg 5\ntest_1.jpg 1\n")


def models():
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments):
            subprocess.run([amend, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run("synth", "--out", "set", "--count", "70")
        run("train", "--data", "set", "--out", "run", "model.width=0.125", "model.size=32", "model.head=gap",
            "train.epochs=1", "train.batch=7", "train.precision=f32")
        run("quantize", "run/model.safetensors", "--data", "set", "--out", "int8.safetensors")
        run("export", "run/model.safetensors", "--out", "bf16.safetensors")
        f = np.float32
        with open(f"{folder}/net.onnx", "wb") as file:
            file.write(onnx_file([
                ("Conv", "x w", "c", {"pads": [1, 1, 1, 1], "strides": [2, 2]}), ("BatchNormalization", "c b b b b", "n", {}),
                ("Relu", "n", "r", {}), ("Clip", "r l h", "k", {}), ("Concat", "r k", "t", {"axis": 1}), ("GlobalAveragePool", "t", "q", {}),
                ("HardSigmoid", "q", "g", {}), ("Mul", "t g", "m", {}), ("Add", "m t", "a", {}),
                ("MaxPool", "a", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}), ("GlobalAveragePool", "p", "y", {})],
                {"w": np.ones((4, 1, 3, 3), f), "b": np.ones(4, f), "l": f(0), "h": f(6)}, shape=(1, 1, 16, 16)))
        run("train", "--data", "set", "--out", "rows", "model.backbone=net.onnx", "model.size=16", "model.head=gap",
            "train.epochs=1", "train.batch=7", "train.precision=f32")
        os.rename(f"{folder}/rows/model.safetensors", f"{folder}/rows.safetensors")
        for name in ("bf16", "int8", "rows"):
            data = open(f"{folder}/{name}.safetensors", "rb").read()
            keep("model", name, data[8:8 + struct.unpack("<Q", data[:8])[0]])
        keep("recipe", "written", open(f"{folder}/run/recipe.ini", "rb").read())
    keep("recipe", "short", b"\xef\xbb\xbf; a recipe\n[train]\nepochs = 3 ; three\n[optimizer]\nkind = sgd\nrate=1e-3\n")


images()
weights()
networks()
detectors()
numbers()
lists()
models()
