# SPDX-License-Identifier: MIT
"""Networks for CIFAR-10 in PyTorch, as in resnet.hpp and lenet.hpp, with trained weights of others.

`after` of a network is called with the name that bitfault gives the output of an operator that no
module stands for (":relu", ":relu#1", ":add_"), and with the tensor, before the next operator runs.
"""
import json
import struct
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, root, source, to):
        super().__init__()
        self.root = [root]  # in a list, so that it is no submodule
        self.conv1 = nn.Conv2d(source, to, 3, 1 if source == to else 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(to)
        self.conv2 = nn.Conv2d(to, to, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(to)
        self.added = to - source

    def forward(self, x):
        saw = self.root[0].saw
        y = self.bn2(self.conv2(saw("relu", torch.relu(self.bn1(self.conv1(x))))))
        if self.added:
            half = self.added // 2
            x = saw("constant_pad_nd", functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half)))
        y += x
        return saw("relu", torch.relu(saw("add_", y)))


class Watched(nn.Module):
    def __init__(self):
        super().__init__()
        self.after = None
        self.calls = Counter()

    def saw(self, operator, tensor):
        number = self.calls[operator]
        self.calls[operator] += 1
        if self.after is not None:
            self.after(f":{operator}" + (f"#{number}" if number else ""), tensor)
        return tensor


class ResNet(Watched):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        source = 16
        for stage, to in enumerate((16, 32, 64), 1):
            parts = []
            for _ in range(blocks):
                parts.append(Block(self, source, to))
                source = to
            setattr(self, f"layer{stage}", nn.Sequential(*parts))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        self.calls.clear()
        y = self.saw("relu", torch.relu(self.bn1(self.conv1(x))))
        y = self.layer3(self.layer2(self.layer1(y)))
        y = self.saw("avg_pool2d", functional.avg_pool2d(y, y.size(3)))
        return self.linear(y.view(y.size(0), -1))


class LeNet(Watched):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        self.calls.clear()
        for conv in (self.conv1, self.conv2):
            x = self.saw("relu", torch.relu(conv(x)))
            x = self.saw("max_pool2d", torch.max_pool2d(x, 2))
        x = self.saw("relu", torch.relu(self.fc1(torch.flatten(x, 1))))
        return self.fc3(self.saw("relu", torch.relu(self.fc2(x))))


def load_safetensors(network, path):
    """Fills a network from a safetensors file of float32 and int64, and puts it into evaluation."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    types = {"F32": np.float32, "I64": np.int64}
    state = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[begin:end], types[entry["dtype"]]).copy()
            state[name] = torch.from_numpy(values.reshape(entry["shape"]))
    network.load_state_dict(state)
    return network.eval()


def cifar10(path, count, mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)):
    """The first images and labels of a batch file of CIFAR-10."""
    records = torch.from_numpy(np.fromfile(path, np.uint8, count * 3073).reshape(count, 3073).copy())
    pixels = records[:, 1:].to(torch.float32).view(count, 3, 32, 32) / 255
    planes = [torch.tensor(x).view(1, 3, 1, 1) for x in (mean, deviation)]
    return (pixels - planes[0]) / planes[1], records[:, 0].to(torch.int64)
