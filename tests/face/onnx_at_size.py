#!/usr/bin/python3
"""What ONNX Runtime says of BlazeFace on an input of another size: FILE HEIGHT WIDTH PIXELS OUT.

Nothing in the network depends on the size but the zeros that it appends to some maps and the shape of its outputs.
"""
import sys

import numpy
import onnx
import onnxruntime

file, height, width, pixels, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
model = onnx.load(file)
graph = model.graph
own = graph.input[0].type.tensor_type.shape.dim[1].dim_value
values = {value.name: value for value in graph.initializer}


def set_ints(name, ints):
    values[name].CopyFrom(onnx.numpy_helper.from_array(numpy.array(ints, numpy.int64), name))


shapes = {node.input[0] for node in graph.node if node.op_type == "ConstantOfShape"}
for name in shapes:
    n, c, h, w = onnx.numpy_helper.to_array(values[name])
    set_ints(name, [n, c, h * height // own, w * width // own])
for node in graph.node:
    if node.op_type == "Reshape":
        set_ints(node.input[1], [1, -1, onnx.numpy_helper.to_array(values[node.input[1]])[2]])
del graph.value_info[:]
graph.input[0].type.tensor_type.shape.dim[1].dim_value = height
graph.input[0].type.tensor_type.shape.dim[2].dim_value = width
for result in graph.output:
    result.type.tensor_type.shape.dim[1].dim_param = "rows"
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
x = numpy.fromfile(pixels, numpy.uint8).reshape(1, height, width, 3).astype(numpy.float32) / 127.5 - 1
numpy.concatenate([v.ravel() for v in session.run(None, {graph.input[0].name: x})]).tofile(out)
