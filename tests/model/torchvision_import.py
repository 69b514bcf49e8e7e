#!/usr/bin/python3
"""Write torchvision's VGG and MobileNetV2 with a head of ours or their own, and what PyTorch makes of two images.

As torch_import.py: NAME.pth is the checkpoint, NAME.safetensors holds `pixels` and `logits`. Needs torchvision (0.13 or
later).
"""
import os
import sys

import torch
from torch import nn
from torchvision import models

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "nn"))
import torch_resnet_arm as reference


class WithHead(nn.Module):
    """torchvision's features under their names, then `arm` and `fc`."""

    def __init__(self, features, channels, side, r, affinity, classes):
        super().__init__()
        self.features = features
        self.arm = reference.Arm(channels, side, side, r, affinity) if affinity != "gap" else reference.Gap(channels)
        self.fc = nn.Linear(self.arm.outputs, classes)

    def forward(self, x):
        return self.fc(self.arm(self.features(x)))


def write(folder, name, network, size):
    reference.initialise(network)
    pixels = torch.randn(2, size, size, 3)
    images = pixels.permute(0, 3, 1, 2).contiguous()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the running values become those of this batch, so that the maps keep their size
    network.train()
    network(images)
    network.eval()
    with torch.no_grad():
        logits = network(images)
    state = {"module." + k: v for k, v in network.state_dict().items()}
    torch.save({"state_dict": state}, f"{folder}/{name}.pth")
    reference.write_safetensors(f"{folder}/{name}.safetensors", {"pixels": pixels, "logits": logits}, {})


def main():
    folder = sys.argv[1]
    torch.set_num_threads(2)
    torch.manual_seed(1)
    write(folder, "vgg11", WithHead(models.vgg11_bn().features, 512, 2, 16, "batch", 7), 64)
    write(folder, "vgg13", WithHead(models.vgg13_bn().features, 512, 2, 16, "gap", 7), 64)
    write(folder, "vgg16", WithHead(models.vgg16_bn().features, 512, 2, 8, "ema", 7), 64)
    write(folder, "mobilenet", models.mobilenet_v2(num_classes=7), 96)
    write(folder, "mobilenet_arm", WithHead(models.mobilenet_v2().features, 1280, 3, 16, "none", 7), 96)
    write(folder, "mobilenet_wide", models.mobilenet_v2(width_mult=1.4, num_classes=7), 64)
    one = models.mobilenet_v2()
    one.classifier = nn.Linear(1280, 7)
    write(folder, "mobilenet_one", one, 64)
    torch.save(models.vgg11_bn().state_dict(), f"{folder}/vgg11_imagenet.pth")
    torch.save(models.vgg11().state_dict(), f"{folder}/vgg11_plain.pth")
    torch.save(models.mobilenet_v2().state_dict(), f"{folder}/mobilenet_imagenet.pth")


if __name__ == "__main__":
    main()
