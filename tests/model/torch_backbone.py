# A network that is none of ours, exported by PyTorch for training (train.onnx) and for inference (eval.onnx) into the
# folder argv[1], with raw f32 values beside: pixels (n, h, w, c), logits, the linear layer, and the gradient of the
# first convolution for the sum of logits times weights with the statistics of the batch.
import sys
import warnings

import torch
from torch import nn
from torch.onnx import TrainingMode

warnings.filterwarnings("ignore")
torch.manual_seed(3)


def unit(inputs, outputs, kernel, stride=1, groups=1, activation=nn.ReLU):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), activation())


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = unit(3, 24, 3, 2)
        self.norm = nn.BatchNorm2d(24)
        self.bend = nn.PReLU(24)
        self.grow = nn.Sequential(nn.Conv2d(24, 16, (1, 5), padding=(0, 2)), nn.Conv2d(16, 16, (3, 1), padding=(1, 0)))
        self.right = unit(20, 20, 3, groups=20, activation=nn.Hardswish)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(40, 10, 1), nn.SiLU(), nn.Conv2d(10, 40, 1),
                                     nn.Hardsigmoid())
        self.down = unit(40, 44, 1, 2, activation=nn.Identity)
        self.main = unit(40, 44, 3, 2, activation=nn.Identity)
        self.last = unit(44, 64, 3, 2, activation=nn.SiLU)
        self.drop = nn.Dropout(0.0)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([x, self.grow(self.bend(self.norm(x)))], 1)
        left, right = x.chunk(2, 1)
        x = torch.cat([left, self.right(right)], 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)  # ShuffleNet's
        x = x * self.squeeze(x)
        x = torch.relu(self.down(x) + self.main(x))
        x = self.last(x).mean((2, 3))
        return self.fc(self.drop(x))


def write(name, tensor):
    tensor.detach().contiguous().numpy().astype("<f4").tofile(f"{sys.argv[1]}/{name}.f32")


network = Network()
for module in network.modules():
    if isinstance(module, nn.BatchNorm2d):
        for values in (module.weight, module.running_var):
            values.data.uniform_(0.7, 1.3)
        for values in (module.bias, module.running_mean):
            values.data.uniform_(-0.3, 0.3)
torch.onnx.export(network, torch.randn(1, 3, 32, 32), f"{sys.argv[1]}/train.onnx", opset_version=14,
                  training=TrainingMode.TRAINING, do_constant_folding=False)  # which moves the running statistics
network.eval()
torch.onnx.export(network, torch.randn(1, 3, 32, 32), f"{sys.argv[1]}/eval.onnx", opset_version=14)
pixels, weights = torch.randn(4, 3, 32, 32), torch.randn(4, 10)
write("pixels", pixels.permute(0, 2, 3, 1))
write("weights", weights)
write("logits", network(pixels))
write("fc.weight", network.fc.weight)
write("fc.bias", network.fc.bias)
network.train()
(network(pixels) * weights).sum().backward()
write("gradient", network.stem[0].weight.grad)
write("slopes", network.bend.weight.grad)
