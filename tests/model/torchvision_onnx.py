#!/usr/bin/python3
"""Export networks of torchvision for training, and write what they make of a few images behind a classifier of ours.

    torchvision_onnx.py FOLDER NAME ...

FOLDER/NAME.onnx and, as raw f32 in NAME.WHAT.f32: pixels (N x S x S x 3), fc.weight, fc.bias, logits (at evaluation), target (the loss's
gradient for the logits of training) and gradient (of the first convolution, with the statistics of the batch).
Needs PyTorch and torchvision (1.13 and 0.14, or later).
"""
import sys
import warnings

import torch
import torchvision

SIDE, BATCH, CLASSES = 139, 4, 10
LAST = {  # the module that gives the last feature map
    "densenet121": "features", "googlenet": "inception5b", "inception_v3": "Mixed_7c", "mnasnet1_0": "layers",
    "regnet_y_400mf": "trunk_output", "resnext50_32x4d": "layer4", "shufflenet_v2_x1_0": "conv5",
    "squeezenet1_1": "classifier.2"}


def make(name):
    options = {"num_classes": 64}
    if name in ("googlenet", "inception_v3"):
        options.update(aux_logits=False, transform_input=False, init_weights=False)
    network = getattr(torchvision.models, name)(weights=None, **options)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                values.data.uniform_(0.7, 1.3)
            for values in (module.bias, module.running_mean):
                values.data.uniform_(-0.3, 0.3)
    return network


def write(folder, name):
    network, kept = make(name), []
    torch.onnx.export(network, torch.randn(1, 3, SIDE, SIDE), f"{folder}/{name}.onnx", opset_version=14,
                      training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
    network.get_submodule(LAST[name]).register_forward_hook(lambda _, __, output: kept.append(output))
    pixels, target = torch.randn(BATCH, 3, SIDE, SIDE), torch.randn(BATCH, CLASSES)

    def pooled():
        network(pixels)
        last = kept.pop()
        return (torch.relu(last) if name == "densenet121" else last).mean((2, 3))

    network.eval()
    with torch.no_grad():
        features = pooled()
    fc = torch.nn.Linear(features.shape[1], CLASSES)
    logits = fc(features)
    network.train()
    (fc(pooled()) * target).sum().backward()
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    for what, tensor in {"pixels": pixels.permute(0, 2, 3, 1), "target": target, "logits": logits, "fc.weight": fc.weight,
                         "fc.bias": fc.bias, "gradient": first.weight.grad}.items():
        tensor.detach().contiguous().numpy().astype("<f4").tofile(f"{folder}/{name}.{what}.f32")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for argument in sys.argv[2:]:
        torch.manual_seed(3)
        write(sys.argv[1], argument)
