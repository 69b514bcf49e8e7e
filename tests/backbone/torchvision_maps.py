#!/usr/bin/python3
"""Write a backbone of torchvision with random weights, and what it makes of a few images, for test_torchvision.c.

    torchvision_maps.py FOLDER NAME [train]

FOLDER/maps.safetensors holds:
  weights      every tensor of the state dictionary under its own name; `fc.weight` and `fc.bias` of a small classifier
  pixels       N x S x S x 3: (byte / 255 - 0.5) / 0.25
  map.ROW      at evaluation, what the module ROW gives, N x h x w x C
  train.logits, train.target, grad.NAME, after.NAME
               with `train`, in training mode: logits, the loss's gradient for them, gradients of all parameters,
               running statistics after the step
Needs PyTorch and torchvision (1.13 and 0.14, or later).
"""
import json
import struct
import sys

import torch
import torchvision

SIDE, CLASSES = 64, 5


def write_safetensors(path, tensors):
    """The format is a length, a JSON header and the bytes."""
    header, at = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.detach().to(torch.float32).contiguous().numpy().tobytes())


def make(name):
    """The network without its classifier, its weights and statistics those of no fresh network."""
    options = {"stochastic_depth_prob": 0.0} if name.startswith("efficientnet") else {}
    torch.nn.Linear.reset_parameters = lambda layer: None  # of classifiers, which are dropped
    if name.startswith("vgg"):
        options["init_weights"] = False
    network = getattr(torchvision.models, name)(weights=None, **options)
    network.classifier = network.fc = None
    generator = torch.Generator().manual_seed(len(name))
    for key, tensor in network.state_dict().items():
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=generator)
        elif tensor.dim() == 1:
            tensor.add_(torch.empty_like(tensor).uniform_(-0.3, 0.3, generator=generator))
    return network


def features_of(network, images):
    """Up to the last feature map, as torchvision's own forward goes."""
    if hasattr(network, "features"):
        return network.features(images)
    x = network.maxpool(network.relu(network.bn1(network.conv1(images))))
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))


def row_names(network):
    """Modules by the names that rows have: a sum is its block's result; a relu that a block uses again is counted."""
    rows = {}
    for name, module in network.named_modules():
        kind = type(module).__name__
        if kind in ("BasicBlock", "Bottleneck"):
            continue
        if kind in ("InvertedResidual", "MBConv"):
            if getattr(module, "use_res_connect", False):
                rows[name + ".add"] = module
        else:
            rows[name] = module
    return rows


def record(network, images):
    maps, hooks = {}, []

    def keep(name):
        def hook(_, __, output):
            times = 1
            if name.endswith(".relu"):  # of a ResNet's block
                while f"{name}{times}" in maps:
                    times += 1
                maps[f"{name}{times}"] = output.detach().clone()
            elif isinstance(output, torch.Tensor) and output.dim() == 4:
                maps[name] = output.detach().clone()

        return hook

    for name, module in row_names(network).items():
        hooks.append(module.register_forward_hook(keep(name)))
    network.eval()
    with torch.no_grad():
        features_of(network, images)
    for hook in hooks:
        hook.remove()
    return {"map." + name: value.permute(0, 2, 3, 1) for name, value in maps.items()}


def train(network, fc, images):
    target = torch.randn(len(images), CLASSES)
    network.train()
    logits = fc(features_of(network, images).mean((2, 3)))
    (logits * target).sum().backward()
    result = {"train.logits": logits, "train.target": target, "grad.fc.weight": fc.weight.grad,
              "grad.fc.bias": fc.bias.grad}
    for name, parameter in network.named_parameters():
        result["grad." + name] = parameter.grad
    for name, value in network.state_dict().items():
        if "running_" in name:
            result["after." + name] = value
    return result


def write(folder, name, with_training):
    torch.manual_seed(1)
    network = make(name)
    pixels = (torch.randint(0, 256, (6 if with_training else 2, SIDE, SIDE, 3)) / 255 - 0.5) / 0.25
    images = pixels.permute(0, 3, 1, 2)
    channels = features_of(network.eval(), images).shape[1]
    fc = torch.nn.Linear(channels, CLASSES)
    torch.nn.init.normal_(fc.weight, std=channels**-0.5)
    torch.nn.init.normal_(fc.bias)
    tensors = {key: value.clone() for key, value in network.state_dict().items() if value.dim()}
    tensors.update({"fc.weight": fc.weight.clone(), "fc.bias": fc.bias.clone(), "pixels": pixels})
    tensors.update(record(network, images))
    if with_training:
        tensors.update(train(network, fc, images))
    write_safetensors(f"{folder}/maps.safetensors", tensors)


if __name__ == "__main__":
    torch.set_num_threads(2)
    write(sys.argv[1], sys.argv[2], "train" in sys.argv[3:])
