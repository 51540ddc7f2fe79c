# SPDX-License-Identifier: MIT
"""What norse 0.0.7 computes for the network of spiking/dvs128_network.hpp; the numbers of the test
spiking_dvs128.cpp come from here. Needs PyTorch and norse 0.0.7 (later versions charge the synaptic
current before the membrane, not after it). Double precision."""

import torch
from norse.torch.functional.leaky_integrator import LIParameters, LIState, li_feed_forward_step
from norse.torch.functional.lif import LIFFeedForwardState, LIFParameters, lif_feed_forward_step

STEPS = 16


def mixed(count, seed):
    numbers = torch.arange(count, dtype=torch.int64) + seed * 1_000_003
    return (numbers * 2_654_435_761) % 2**32 >> 26  # 0 to 63


def layer(seed, scale, *shape):
    size = torch.Size(shape).numel()
    weight = (mixed(size, seed) - 28).double().reshape(shape) / scale
    bias = (mixed(shape[0], seed + 10) - 32).double() / 1024
    return weight, bias


def frames():
    x = torch.arange(32).repeat(32, 1)
    y = x.T
    counts = mixed(STEPS * 1024, 5).reshape(STEPS, 32, 32) % 24
    seen = torch.stack([((x + t) % 8 < 3) & ((y // 4 + t // 3) % 3 == 0) for t in range(STEPS)])
    return (counts * seen).double() / 16


def main():
    conv1, conv2 = layer(1, 16, 32, 1, 3, 3), layer(2, 64, 32, 32, 3, 3)
    dense1, dense2 = layer(3, 256, 500, 2048), layer(4, 128, 11, 500)
    double = lambda x: torch.as_tensor(x, dtype=torch.float64)
    lif = LIFParameters(double(200.0), double(100.0), double(0.0), double(1.0), double(0.0))
    li = LIParameters(double(200.0), double(100.0), double(0.0))
    f = torch.nn.functional

    def silent(*shape):
        return LIFFeedForwardState(torch.zeros(1, *shape).double(), torch.zeros(1, *shape).double())

    state1, state2 = silent(32, 32, 32), silent(32, 16, 16)
    readout = LIState(torch.zeros(1, 11).double(), torch.zeros(1, 11).double())
    outputs, spikes = [], []
    for frame in frames():
        z1, state1 = lif_feed_forward_step(f.conv2d(frame[None, None], *conv1, padding=1), state1,
                                           lif, dt=0.001)
        z2, state2 = lif_feed_forward_step(f.conv2d(f.avg_pool2d(z1, 2), *conv2, padding=1), state2,
                                           lif, dt=0.001)
        hidden = torch.relu(f.linear(f.avg_pool2d(z2, 2).flatten(1), *dense1))
        out, readout = li_feed_forward_step(f.linear(hidden, *dense2), readout, li, dt=0.001)
        spikes.append((int(z1.sum()), int(z2.sum())))
        outputs.append(out[0])
    print("lif1", [s[0] for s in spikes])
    print("lif2", [s[1] for s in spikes])
    print("largest", [repr(x) for x in torch.stack(outputs).max(dim=0).values.tolist()])


if __name__ == "__main__":
    main()
