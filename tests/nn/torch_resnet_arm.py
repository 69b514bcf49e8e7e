#!/usr/bin/python3
"""Train a small ResNet-18 with an ARM head in PyTorch for a few steps and write everything that is needed to repeat it.

The independent side of the parity test: start, batches, losses and end of a short training run, in one safetensors file:

    init.*           every parameter and running value before the first step
    batch.K.pixels   N x S x S x channels, f32 (NHWC), the network's input as it is
    batch.K.target   N x classes, rows that sum to 1
    grad.*           gradient of every parameter in the first step, without weight decay
    loss             one value a step, before the step is taken
    final.*          as init.*, after the last step
    eval.logits      N x classes: batch 0 in evaluation after the last step

Tensors are in PyTorch's layouts (convolutions OIHW). Running variances are unbiased. Needs PyTorch only (1.13 or later).
Example:

    torch_resnet_arm.py --stem small --width 0.25 --size 32 --batch 4 --head ema --r 4 small.safetensors
"""
import argparse
import json
import struct

import torch
from torch import nn
from torch.nn import functional

MOMENTUM = 0.1  # of running statistics and of the running generic


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs, momentum=MOMENTUM)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, momentum=MOMENTUM)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs, momentum=MOMENTUM)
            )

    def forward(self, x):
        shortcut = self.downsample(x) if self.downsample else x
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + shortcut)


class Arm(nn.Module):
    """N x C x h x w -> N x d^2. `alpha` exists in batch and ema, `generic` in ema."""

    def __init__(self, channels, height, width, r, affinity):
        super().__init__()
        if r < 2 or r % 2 or channels % r**2 or height < 2 or width < 2:
            raise SystemExit(f"r {r} does not fit a feature map of {channels} x {height} x {width}")
        self.r, self.affinity = r, affinity
        self.outputs = (2 * height - 3) * (2 * width - 3)
        self.de_albino = nn.Conv2d(1, 1, 2 * r, r // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels // r**2, momentum=MOMENTUM)
        if affinity != "none":
            self.alpha = nn.Parameter(torch.ones(1))
        if affinity == "ema":
            self.register_buffer("generic", torch.zeros(self.outputs))

    def forward(self, x):
        planes = functional.pixel_shuffle(x, self.r)
        batch, count, height, width = planes.shape
        maps = self.de_albino(planes.reshape(batch * count, 1, height, width))
        maps = self.bn(maps.reshape(batch, count, *maps.shape[2:]))
        unique = maps.mean(1).flatten(1)
        if self.affinity == "none":
            return unique
        return unique + self.alpha * self.share(unique)

    def share(self, unique):
        """f_generic. In training the mean of the batch, with its gradient, in ema too."""
        if self.affinity == "ema" and not self.training:
            return self.generic
        generic = unique.mean(0)
        if self.affinity == "ema":
            self.generic.mul_(1 - MOMENTUM).add_(generic.detach(), alpha=MOMENTUM)
        return generic


class Gap(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.outputs = channels

    def forward(self, x):
        return x.mean((2, 3))


class Network(nn.Module):
    def __init__(self, args):
        super().__init__()
        widths = [int(round(base * args.width)) for base in (64, 128, 256, 512)]
        if args.stem == "imagenet":
            self.conv1 = nn.Conv2d(args.channels, widths[0], 7, 2, 3, bias=False)
        else:
            self.conv1 = nn.Conv2d(args.channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0], momentum=MOMENTUM)
        self.pooled = args.stem == "imagenet"
        inputs = widths[0]
        for i, outputs in enumerate(widths):
            blocks = nn.Sequential(BasicBlock(inputs, outputs, 2 if i else 1), BasicBlock(outputs, outputs, 1))
            setattr(self, f"layer{i + 1}", blocks)
            inputs = outputs
        with torch.no_grad():
            self.eval()
            _, channels, height, width = self.features(torch.zeros(1, args.channels, args.size, args.size)).shape
        if args.head == "gap":
            self.arm = Gap(channels)
        else:
            self.arm = Arm(channels, height, width, args.r, args.head)
        self.fc = nn.Linear(self.arm.outputs, args.classes)

    def features(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        if self.pooled:
            x = functional.max_pool2d(x, 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))

    def forward(self, x):
        return self.fc(self.arm(self.features(x)))


def initialise(network):
    """torchvision's start for convolutions; normalisations off their 1 and 0, so that a swapped pair shows."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and name != "arm.de_albino":
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)


def snapshot(network, prefix):
    state = network.state_dict()
    return {prefix + k: v.detach().clone() for k, v in state.items() if not k.endswith("num_batches_tracked")}


def train(network, args):
    tensors = snapshot(network, "init.")
    optimiser = torch.optim.Adam(network.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    losses = []
    for step in range(args.steps):
        pixels = torch.randn(args.batch, args.size, args.size, args.channels)
        target = torch.softmax(2 * torch.randn(args.batch, args.classes), 1)
        tensors[f"batch.{step}.pixels"], tensors[f"batch.{step}.target"] = pixels, target
        network.train()
        optimiser.zero_grad()
        logits = network(pixels.permute(0, 3, 1, 2).contiguous())
        loss = -(target * torch.log_softmax(logits, 1)).sum(1).mean()
        loss.backward()
        if step == 0:
            tensors.update({"grad." + name: p.grad.clone() for name, p in network.named_parameters()})
        optimiser.step()
        losses.append(loss.item())
    tensors["loss"] = torch.tensor(losses)
    tensors.update(snapshot(network, "final."))
    network.eval()
    with torch.no_grad():
        tensors["eval.logits"] = network(tensors["batch.0.pixels"].permute(0, 3, 1, 2).contiguous())
    return tensors


def write_safetensors(path, tensors, metadata):
    header, at = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().astype("<f4").tobytes())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", help="safetensors file to write")
    parser.add_argument("--stem", choices=("imagenet", "small"), default="imagenet", help="small: 3x3, stride 1, no pool")
    parser.add_argument("--width", type=float, default=1.0, help="channels are 64, 128, 256, 512 times this")
    parser.add_argument("--channels", type=int, choices=(1, 3), default=3)
    parser.add_argument("--classes", type=int, default=7)
    parser.add_argument("--size", type=int, default=224, help="height and width of the input")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--head", choices=("gap", "none", "batch", "ema"), default="ema")
    parser.add_argument("--r", type=int, default=16, help="arrangement factor")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=1e-4, help="L2 in the gradient")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    args = parse_arguments()
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    # PyTorch's own convolutions: a reference must not share oneDNN with amend. Besides, oneDNN 2.6 writes past the end in
    # backward data of a 1x1 stride 2 convolution of 8 channels in NHWC (--channels 1 --width 0.125 gets there).
    torch.backends.mkldnn.enabled = False
    torch.manual_seed(args.seed)
    network = Network(args)
    initialise(network)
    metadata = {name: str(value) for name, value in vars(args).items() if name != "out"}
    metadata["torch"] = torch.__version__
    write_safetensors(args.out, train(network, args), metadata)


if __name__ == "__main__":
    main()
