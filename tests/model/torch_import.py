#!/usr/bin/python3
"""Write a ResNet-18 with an ARM head as people save it, and what PyTorch makes of two images.

NAME.pth is the checkpoint, NAME.safetensors holds `pixels` (N x S x S x channels) and `logits` (N x classes). The first
is saved as the authors of ARM save theirs: names of a Sequential, DataParallel's prefix, beside the optimizer's state.
Needs PyTorch only (1.13 or later).
"""
import argparse
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "nn"))
import torch_resnet_arm as reference

AUTHORS = {"conv1": "features.0", "bn1": "features.1", "layer1": "features.4", "layer2": "features.5",
           "layer3": "features.6", "layer4": "features.7"}


def authors_names(state):
    first = lambda name: name.split(".")[0]
    return {"module." + AUTHORS.get(first(n), first(n)) + n[len(first(n)):]: v for n, v in state.items()}


def make(folder, name, head, stem, size, channels, width, r):
    args = argparse.Namespace(head=head, stem=stem, size=size, channels=channels, width=width, r=r, classes=7)
    network = reference.Network(args)
    reference.initialise(network)
    pixels = torch.randn(2, size, size, channels)
    images = pixels.permute(0, 3, 1, 2).contiguous()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    network(images).square().sum().backward()  # running values that are not those of a fresh network
    optimiser.step()
    network.eval()
    with torch.no_grad():
        logits = network(images)
    if name == "authors":
        torch.save({"iter": 1, "model_state_dict": authors_names(network.state_dict()),
                    "optimizer_state_dict": optimiser.state_dict()}, f"{folder}/{name}.pth")
    else:
        torch.save(network.state_dict(), f"{folder}/{name}.pth", _use_new_zipfile_serialization=stem == "imagenet")
    reference.write_safetensors(f"{folder}/{name}.safetensors", {"pixels": pixels, "logits": logits}, {})


def main():
    torch.set_num_threads(2)
    torch.backends.mkldnn.enabled = False
    torch.manual_seed(1)
    make(sys.argv[1], "authors", "batch", "imagenet", 224, 3, 1.0, 16)
    make(sys.argv[1], "ema", "ema", "imagenet", 96, 3, 0.25, 8)
    make(sys.argv[1], "none", "none", "small", 32, 1, 0.5, 4)
    make(sys.argv[1], "gap", "gap", "small", 24, 3, 0.25, 16)


if __name__ == "__main__":
    main()
