"""Networks and what PyTorch and the ONNX project say they give. Writes FOLDER/NAME.onnx, NAME.pixels (bytes of the input
image, height x width x channels) and NAME.expected (f32, all outputs one after another). Usage: onnx_witness.py FOLDER"""
import sys
import numpy as np

folder = sys.argv[1]


def write(name, pixels, outputs):
    pixels.astype(np.uint8).tofile(f"{folder}/{name}.pixels")
    np.concatenate([np.asarray(o, np.float32).ravel() for o in outputs]).tofile(f"{folder}/{name}.expected")


def torch_cases():
    import onnx
    import torch
    from torch import nn
    import torch.nn.functional as F

    torch.manual_seed(5)

    class Do(nn.Module):
        def __init__(self, function, **modules):
            super().__init__()
            self.function = function
            for key, module in modules.items():
                setattr(self, key, module)

        def forward(self, x):
            return self.function(self, x)

    def conv(*a, **k):
        return nn.Conv2d(*a, **k)

    def norm(c):
        bn = nn.BatchNorm2d(c)
        for p in (bn.weight, bn.running_var):
            nn.init.uniform_(p, 0.5, 2)
        for p in (bn.bias, bn.running_mean):
            nn.init.uniform_(p, -1, 1)
        return bn

    def features(c):
        bn = nn.BatchNorm1d(c)
        nn.init.uniform_(bn.running_var, 0.5, 2)
        nn.init.uniform_(bn.running_mean, -1, 1)
        return bn

    class Gate(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.a, self.b = conv(c, 4, 1), conv(4, c, 1)

        def forward(self, x):
            g = F.adaptive_avg_pool2d(x, 1)
            return x * F.hardsigmoid(self.b(F.relu(self.a(g))))

    cases = {
        "conv": (conv(3, 8, 3, padding=1), 11),
        "conv_groups_dilation": (nn.Sequential(conv(3, 8, 3), conv(8, 16, 3, groups=4, dilation=2, padding=2)), 11),
        "conv_depthwise_relu6": (nn.Sequential(conv(3, 16, 1), conv(16, 16, 3, 2, 1, groups=16), nn.ReLU6()), 9),
        "conv_rectangular": (nn.Sequential(conv(3, 8, (1, 3), padding=(0, 1)), conv(8, 4, (3, 1), padding=(1, 0))), 11),
        "conv_norm_relu": (nn.Sequential(conv(3, 8, 3), norm(8), nn.ReLU(), conv(8, 8, 3, bias=False), norm(8)), 11),
        "norm_first": (nn.Sequential(norm(3), nn.ReLU(), conv(3, 4, 3)), 11),
        "residual": (Do(lambda s, x: F.relu(s.b(s.a(x)) + s.a(x)), a=conv(3, 8, 3, padding=1), b=conv(8, 8, 3, padding=1)), 11),
        "pools": (Do(lambda s, x: torch.cat([F.max_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
                                             F.avg_pool2d(x, 3, 2, 1)], 1)), 11),
        "pool_ceil": (nn.MaxPool2d(3, 2, ceil_mode=True), 11),
        "gate": (nn.Sequential(conv(3, 16, 3), nn.Hardswish(), Gate(16)), 14),
        "swish": (nn.Sequential(conv(3, 8, 3), nn.SiLU(), conv(8, 8, 3), nn.Tanh(), nn.LeakyReLU(0.2), nn.Sigmoid()), 11),
        "prelu": (nn.Sequential(conv(3, 8, 3), nn.PReLU(8), conv(8, 8, 1), nn.PReLU()), 11),
        "classifier": (nn.Sequential(conv(3, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 7 * 9, 10), nn.ReLU(),
                                     nn.Dropout(), nn.Linear(10, 5), nn.Softmax(1)), 13),
        "features_norm": (nn.Sequential(conv(3, 8, 3, 2), nn.PReLU(8), nn.Flatten(), nn.Linear(8 * 7 * 9, 10), features(10)), 11),
        "mean_dims": (Do(lambda s, x: s.a(x).mean([2, 3]), a=conv(3, 8, 3)), 11),
        "mean_channels": (Do(lambda s, x: s.a(x).mean(1, keepdim=True), a=conv(3, 8, 3)), 11),
        "pixel_shuffle": (nn.Sequential(conv(3, 16, 3), nn.PixelShuffle(4)), 11),
        "upsample": (nn.Sequential(conv(3, 8, 3), nn.Upsample(scale_factor=2, mode="nearest")), 11),
        "resize_linear": (nn.Sequential(conv(3, 8, 3), nn.Upsample(size=(33, 11), mode="bilinear", align_corners=False)), 11),
        "resize_corners": (nn.Sequential(conv(3, 8, 3), nn.Upsample(size=(9, 40), mode="bilinear", align_corners=True)), 11),
        "resize_twice": (nn.Sequential(conv(3, 300, 1), nn.Upsample(scale_factor=2, mode="bilinear"), conv(300, 2, 3)), 11),
        "conv_strides": (nn.Sequential(conv(3, 8, 3, stride=(1, 2), padding=1), conv(8, 4, (2, 3), stride=(2, 1), dilation=(1, 2))), 11),
        "pool_rectangular": (Do(lambda s, x: torch.cat([F.max_pool2d(x, (3, 2), (1, 2), (1, 0), (2, 1)).flatten(1),
                                                        F.avg_pool2d(x, (1, 3), (2, 1), (0, 1)).flatten(1),
                                                        F.avg_pool2d(x, 3, 2, 1, ceil_mode=True).flatten(1)], 1)), 11),
        "shuffle_channels": (Do(lambda s, x: s.b(s.a(x).view(-1, 2, 4, 14, 18).transpose(1, 2).reshape(-1, 8, 14, 18)),
                                a=conv(3, 8, 3), b=conv(8, 4, 1)), 11),
        "split_cat": (Do(lambda s, x: torch.cat([s.a(x).split(4, 1)[1], s.b(x), s.a(x)[:, ::2, 1:, :-1].repeat(1, 1, 1, 1)[:, :, :14, :18]
                                                 if False else s.b(x)], 1), a=conv(3, 8, 3), b=conv(3, 4, 3)), 11),
        "slices": (Do(lambda s, x: s.a(x)[:, 1::2, 2:9, -5:], a=conv(3, 8, 3)), 11),
        "pad": (Do(lambda s, x: F.pad(s.a(F.pad(x, (1, 2, 0, 3))), (2, 1, 1, 2), mode="reflect"), a=conv(3, 8, 3)), 11),
        "pads_in_front": (Do(lambda s, x: torch.cat([v.flatten(1) for v in (
            F.avg_pool2d(F.pad(s.a(x), (0, 2, 0, 2)), 2, 1), F.avg_pool2d(F.pad(s.a(x), (1, 1, 1, 1)), 3, 1),
            F.max_pool2d(F.pad(F.relu(s.a(x)), (1, 1, 1, 1)), 3, 2), F.max_pool2d(F.pad(s.a(x), (1, 1, 1, 1)), 3, 2),
            s.b(F.pad(s.a(x), (1, 0, 1, 0))), s.b(F.pad(s.a(x), (0, 1, 0, 1))), s.b(F.pad(s.a(x), (2, 2, 1, 1))),
            F.avg_pool2d(s.a(x), 3, 2, ceil_mode=True))], 1), a=conv(3, 8, 3), b=conv(8, 4, 3, stride=2)), 11),
        "pad_value": (Do(lambda s, x: F.pad(s.a(x), (1, 0, 0, 1), value=0.5), a=conv(3, 4, 3)), 11),
        "attention": (Do(lambda s, x: s.q(s.a(x).flatten(2).transpose(1, 2)).softmax(-1), a=conv(3, 8, 3), q=nn.Linear(8, 6)), 13),
        "arithmetic": (Do(lambda s, x: (2 - s.a(x)) * 3 / (s.b(x).abs() * 0 + 4 if False else 4) - x[:, :, 1:-1, 1:-1].mean(1, keepdim=True),
                          a=conv(3, 8, 3)), 11),
        "two_outputs": (Do(lambda s, x: (F.relu(s.a(x)), s.b(F.relu(s.a(x))).permute(0, 2, 3, 1).reshape(1, -1, 4)),
                           a=conv(3, 8, 3), b=conv(8, 4, 1)), 11),
        "instance": (Do(lambda s, x: s.a(x) * s.a(x).mean((2, 3), keepdim=True) + s.c, a=conv(3, 8, 3),
                        ), 11),
    }
    cases.update({
        "resize_as_input": (Do(lambda s, x: F.interpolate(s.a(F.max_pool2d(x, 2)), size=(x.shape[2], x.shape[3])), a=conv(3, 4, 2)), 9),
        "resize_as_input_10": (Do(lambda s, x: F.interpolate(s.a(F.max_pool2d(x, 2)), size=(x.shape[2], x.shape[3])), a=conv(3, 4, 2)), 10),
        "resize_fraction": (Do(lambda s, x: F.interpolate(s.a(x), scale_factor=0.7), a=conv(3, 4, 7)), 11),
        "resize_fraction_sizes": (Do(lambda s, x: F.interpolate(s.a(x), scale_factor=0.7, recompute_scale_factor=True), a=conv(3, 4, 7)), 11),
    })
    cases["instance"][0].c = nn.Parameter(torch.randn(1, 8, 1, 1))
    for name, (module, opset) in cases.items():
        pixels = np.random.RandomState(7).randint(0, 256, (16, 20, 3))
        x = torch.tensor(pixels.transpose(2, 0, 1)[None] / 255, dtype=torch.float32)
        module.eval()
        with torch.no_grad():
            out = module(x)
        path = f"{folder}/torch_{name}.onnx"
        torch.onnx.export(module, x, path, opset_version=opset, training=torch.onnx.TrainingMode.PRESERVE
                          if name == "conv_norm_relu" else torch.onnx.TrainingMode.EVAL, input_names=["image"],
                          dynamic_axes={"image": {2: "h", 3: "w"}} if name == "resize_fraction_sizes" else None)
        if name == "resize_fraction_sizes":  # worked out from an open size, which then is known
            model = onnx.load(path)
            for dim, side in zip(model.graph.input[0].type.tensor_type.shape.dim, x.shape):
                dim.dim_value = side
            onnx.save(model, path)
        write(f"torch_{name}", pixels, out if isinstance(out, tuple) else (out,))


def node_cases():
    """The ONNX project's own node tests. Their first input is made to depend on an image, so that rows are made of it;
    the others become constants."""
    np.float, np.int, np.bool, np.object = float, int, bool, object
    import onnx
    from onnx import helper, numpy_helper
    from onnx.backend.test.case.node import collect_testcases

    known = ("Conv Gemm MatMul BatchNormalization MaxPool AveragePool GlobalAveragePool ReduceMean Relu LeakyRelu Sigmoid "
             "HardSigmoid HardSwish Tanh Clip PRelu Add Sub Mul Div Softmax Identity Reshape Flatten Squeeze Unsqueeze "
             "Transpose Slice Split Expand DepthToSpace Concat Gather Pad Resize Shape Dropout Upsample").split()
    for case in collect_testcases(None) if collect_testcases.__code__.co_argcount else collect_testcases():
        graph = case.model.graph
        # Its expectation takes the length before it is rounded; the standard, PyTorch and ONNX Runtime take it after.
        if case.name == "test_resize_downsample_scales_linear_align_corners":
            continue
        inputs, outputs = case.data_sets[0]
        if len(graph.node) != 1 or graph.node[0].op_type not in known or not inputs:
            continue
        first = inputs[0]
        if not isinstance(first, np.ndarray) or first.dtype != np.float32 or not 0 < first.ndim <= 4 or not first.size:
            continue
        if any(not isinstance(o, np.ndarray) or o.dtype.kind not in "fi" or not o.size for o in outputs):
            continue
        node = graph.node[0]
        names = [i.name for i in graph.input]
        constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in zip(names[1:], inputs[1:])]
        constants += [numpy_helper.from_array(first, names[0] + "_given"), numpy_helper.from_array(np.zeros(1, np.float32), "nothing")]
        shape = numpy_helper.from_array(np.ones(first.ndim, np.int64), "one_each")
        nodes = [helper.make_node("Mul", ["image", "nothing"], ["zero4"]),
                 helper.make_node("Reshape", ["zero4", "one_each"], ["zero"]),
                 helper.make_node("Add", [names[0] + "_given", "zero"], [names[0]]), node]
        image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 1, 1, 1])
        model = helper.make_model(helper.make_graph(nodes, case.name, [image], list(graph.output), constants + [shape]))
        del model.opset_import[:]
        model.opset_import.extend(case.model.opset_import)
        for opset in model.opset_import:  # a node that is the same since a set before ours
            if opset.version < 7 and onnx.defs.get_schema(node.op_type).since_version <= 7:
                opset.version = 7
        onnx.save(model, f"{folder}/node_{case.name}.onnx")
        write(f"node_{case.name}", np.full((1, 1, 1), 9), outputs)


def made_cases():
    """Networks that exporters seldom write, with what plain arithmetic says of them."""
    import onnx
    from onnx import helper, numpy_helper

    pixels = np.random.RandomState(3).randint(0, 256, (7, 5, 1))
    x = (pixels.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    f32, node = np.float32, helper.make_node

    def make(name, nodes, expected, opset=13, **constants):
        image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, x.shape)
        nodes = [node("Relu", ["image"], ["x"]), *nodes]
        graph = helper.make_graph(nodes, name, [image], [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
                                  [numpy_helper.from_array(np.asarray(v), k.replace("__", ".")) for k, v in constants.items()])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), f"{folder}/made_{name}.onnx")
        write(f"made_{name}", pixels, (expected,))

    make("divide", [node("Div", ["a", "b"], ["s"]), node("Mul", ["x", "s"], ["y"])], x * 3.5, a=f32([7]), b=f32([2]))
    make("divide_whole", [node("Div", ["a", "b"], ["s"]), node("Cast", ["s"], ["t"], to=1), node("Mul", ["x", "t"], ["y"])],
         x * -3, a=np.int64([-7]), b=np.int64([2]))
    make("divide_cast", [node("Shape", ["x"], ["s"]), node("Cast", ["s"], ["t"], to=1), node("Div", ["t", "b"], ["u"]),
                         node("ReduceMean", ["x"], ["m"]), node("Reshape", ["m", "flat"], ["n"]), node("Mul", ["n", "u"], ["y"])],
         x.mean() * f32([0.5, 0.5, 3.5, 2.5]), b=f32([2]), flat=np.int64([1]))
    one = f32([[[[1]]]])
    make("names", [node("Conv", ["x", "node3.weight"], ["a"]), node("Conv", ["a", "w"], ["b"]), node("Conv", ["b", "node5.weight"], ["c"]),
                   node("Conv", ["c", "node4.weight"], ["y"])], x * 2 * 3 * 5 * 7, node3__weight=2 * one, w=3 * one, node5__weight=5 * one,
         node4__weight=7 * one)
    make("of_constants", [node("Sigmoid", ["c"], ["s"]), node("Clip", ["c", "", "one"], ["t"]), node("Mul", ["s", "t"], ["w"]),
                          node("Conv", ["x", "w"], ["y"])], x / (1 + np.exp(-2)), c=2 * one, one=f32(1))
    make("backward", [node("Slice", ["x", "start", "end", "axis", "step"], ["y"])], x[:, :, ::-1][:, :, :1], start=np.int64([-1]),
         end=np.int64([-99]), axis=np.int64([2]), step=np.int64([-1000]))
    make("no_places", [node("MaxPool", ["x"], ["y", ""], kernel_shape=[7, 5])], x.max((2, 3), keepdims=True))
    shape = x.shape
    for mode, place in (("asymmetric", lambda i, side, count: i * side // count),
                        ("half_pixel", lambda i, side, count: ((2 * i + 1) * side - count) // (2 * count)),
                        ("align_corners", lambda i, side, count: i * (side - 1) // (count - 1))):
        for count in (6, 7, 10, 14, 15, 21, 25, 35, 49, 50, 61):
            lines, columns = ([min(max(place(i, side, count), 0), side - 1) for i in range(count)] for side in shape[2:])
            make(f"nearest_{mode}_{count}", [node("Resize", ["x", "", "", "s"], ["y"], mode="nearest", nearest_mode="floor",
                                                  coordinate_transformation_mode=mode)], x[:, :, lines][..., columns],
                 s=np.int64([1, 1, count, count]))
    for tenths in (6, 7, 9, 12, 14, 35):
        lines, columns = ([i * 10 // tenths for i in range(side * tenths // 10)] for side in shape[2:])
        make(f"nearest_by_{tenths}", [node("Resize", ["x", "", "s"], ["y"], mode="nearest", nearest_mode="floor",
                                           coordinate_transformation_mode="asymmetric")], x[:, :, lines][..., columns],
             s=f32([1, 1, tenths / 10, tenths / 10]))


torch_cases()
made_cases()
node_cases()
