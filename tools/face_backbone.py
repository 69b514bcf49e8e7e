#!/usr/bin/python3
"""Makes a backbone for amend out of dlib's face recognition network, which its author gave to the public domain.

    tools/face_backbone.py dlib_face_recognition_resnet_model_v1.dat fer2013.csv face.onnx
    amend train --recipe recipes/ferplus-face.ini --data DIR --out RUN model.backbone=face.onnx

The weights (https://github.com/davisking/dlib-models; also in the PyPI package face_recognition_models 0.3.0) are those
of a ResNet of 29 convolutions that learnt to tell 7,485 people apart in three million photos. Kept is all up to its
last map of more than one position: for pictures of 131 pixels 256 channels of 3 x 3. Three things change:

- It reads one gray plane, normalised as amend does: kernels are summed over the colours.
- Shortcuts that dlib fills up with empty channels become 1x1 convolutions, which begin as that.
- dlib keeps a normalisation as a scale and a shift. Training wants its statistics, too: they are measured on pictures
  of FER2013's training rows, and scale and shift follow, so that the network computes what it computed before.

Needs Debian's python3-torch.
"""
import argparse
import csv
import hashlib
import re

import torch
from torch import nn
from torch.nn import functional

WEIGHTS = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"  # SHA-256 of dlib's file
SIDE = 131
MEAN, DEVIATION = 0.5, 0.25  # amend's, of gray pixels
DLIB_MEAN, DLIB_SCALE = (122.782, 117.001, 104.298), 256  # of red, green and blue on 0..255
PICTURES = 1024  # to measure statistics on
LEVELS = [(32, 32, 3), (32, 64, 4), (64, 128, 3), (128, 256, 3)]  # channels in, out, blocks; the first keeps its size


def read_integer(data, at):
    """dlib's own way: the number of bytes, 128 more for a negative one, and the bytes."""
    size = data[at] & 15
    value = int.from_bytes(data[at + 1 : at + 1 + size], "little")
    return (-value if data[at] & 128 else value), at + 1 + size


def read_tensor(data, at):
    _, at = read_integer(data, at)  # version of the form: 2
    count = 1
    for _ in range(4):
        size, at = read_integer(data, at)
        count *= size
    return torch.frombuffer(bytearray(data[at : at + 4 * count]), dtype=torch.float32)


def read_layers(path):
    """Parameters of convolutions and of affine layers, from the picture on."""
    with open(path, "rb") as stream:
        data = stream.read()
    if hashlib.sha256(data).hexdigest() != WEIGHTS:
        raise SystemExit(f"{path}: not dlib_face_recognition_resnet_model_v1.dat of 2017 (SHA-256 {WEIGHTS})")
    found = {"con": [], "aff": []}
    for match in re.finditer(rb"\x05con_4|\x07affine_", data):
        found[match.group()[1:4].decode()].append(read_tensor(data, match.end()))
    return zip(found["con"], found["aff"])


class Block(nn.Module):
    def __init__(self, before, channels):
        super().__init__()
        self.down = before != channels
        stride, pad = (2, 0) if self.down else (1, 1)
        self.conv1 = nn.Conv2d(before, channels, 3, stride, pad, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        if self.down:
            self.shortcut = nn.Conv2d(before, channels, 1, bias=False)
            with torch.no_grad():
                self.shortcut.weight.copy_(torch.eye(channels, before).reshape(channels, before, 1, 1))

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.down:
            x = self.shortcut(functional.avg_pool2d(x, 2, 2))
        return functional.relu(x + y)


class Face(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 7, 2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        for level, (before, channels, blocks) in enumerate(LEVELS, 1):
            layers = [Block(before if i == 0 else channels, channels) for i in range(blocks)]
            setattr(self, f"layer{level}", nn.Sequential(*layers))
        self.fc = nn.Linear(LEVELS[-1][1], 2)  # amend cuts it off

    def pairs(self):
        """Every convolution of dlib's with the normalisation behind it, in dlib's order."""
        yield self.conv1, self.bn1
        for module in self.modules():
            if isinstance(module, Block):
                yield module.conv1, module.bn1
                yield module.conv2, module.bn2

    def features(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2)
        for level in range(1, len(LEVELS) + 1):
            x = getattr(self, f"layer{level}")(x)
        return x

    def forward(self, x):
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(self.features(x), 1), 1))


def to_gray(kernel, bias):
    """The first convolution, of red, green and blue as dlib normalises them, for gray as amend does."""
    for colour in range(3):
        bias = bias + kernel[:, colour].sum((1, 2)) * (255 * MEAN - DLIB_MEAN[colour]) / DLIB_SCALE
    return kernel.sum(1, keepdim=True) * (255 * DEVIATION / DLIB_SCALE), bias


def fill(net, path):
    """Normalisations with mean 0 and variance 1 for now; their shift takes the convolution's bias in."""
    with torch.no_grad():
        for (conv, bn), (con, affine) in zip(net.pairs(), read_layers(path)):
            channels = conv.out_channels
            kernel, bias = con[:-channels], con[-channels:]
            if conv is net.conv1:
                kernel, bias = to_gray(kernel.reshape(channels, 3, 7, 7), bias)
            conv.weight.copy_(kernel.reshape(conv.weight.shape))
            bn.weight.copy_(affine[:channels] * (1 + bn.eps) ** 0.5)
            bn.bias.copy_(affine[channels:] + affine[:channels] * bias)


def read_pictures(path):
    rows = []
    with open(path, newline="") as stream:
        for row in csv.reader(stream):
            if row[2] == "Training" and len(rows) < PICTURES:
                rows.append([float(v) for v in row[1].split()])
    pixels = torch.tensor(rows).reshape(-1, 1, 48, 48)
    large = functional.interpolate(pixels, (SIDE, SIDE), mode="bilinear", align_corners=False)
    return (large / 255 - MEAN) / DEVIATION


def measure_statistics(net, pictures):
    """Sets mean and variance of each normalisation, and scale and shift so that it does what it did."""
    found = {}

    def keep(conv, _, output):
        found[conv] = (output.mean((0, 2, 3)), output.var((0, 2, 3)))

    hooks = [conv.register_forward_hook(keep) for conv, _ in net.pairs()]
    with torch.no_grad():
        net.features(pictures)
        for conv, bn in net.pairs():
            mean, variance = found[conv]
            scale = bn.weight / (1 + bn.eps) ** 0.5
            bn.running_mean.copy_(mean)
            bn.running_var.copy_(variance)
            bn.weight.copy_(scale * (variance + bn.eps).sqrt())
            bn.bias.add_(scale * mean)
    for hook in hooks:
        hook.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="dlib_face_recognition_resnet_model_v1.dat")
    parser.add_argument("pictures", help="fer2013.csv")
    parser.add_argument("out", help="ONNX file to write")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    net = Face().eval()
    fill(net, arguments.weights)
    pictures = read_pictures(arguments.pictures)
    with torch.no_grad():
        before = net.features(pictures[:64])
        measure_statistics(net, pictures)
        after = net.features(pictures[:64])
    change = float((after - before).abs().max() / before.abs().max())
    print(f"last map {list(after.shape[1:])}, changed by {change:.1e}")
    torch.onnx.export(
        net,
        pictures[:64],  # tracing moves the statistics a little, towards these
        arguments.out,
        input_names=["face"],
        dynamic_axes={"face": {0: "batch"}},
        training=torch.onnx.TrainingMode.TRAINING,
        do_constant_folding=False,
        opset_version=13,
    )


if __name__ == "__main__":
    main()
