# SPDX-License-Identifier: MIT
"""What sinabs 3.1.3 computes for its two trained networks; the numbers of the tests
spiking_sinabs.cpp come from here. Needs PyTorch, sinabs 3.1.3, its weights, MNIST's test images and
recordings of simulated gestures:

  make_events FOLDER --gestures --count 1
  sinabs_networks.py FOLDER/user00_simulated.aedat MODELS-FOLDER t10k-images-idx3-ubyte.gz

Double precision."""

import gzip
import struct
import sys

import numpy as np
import torch
from sinabs.from_torch import from_model
from torch import nn


def weights(file):
    with open(file, "rb") as f:
        raw = f.read()
    (length,) = struct.unpack_from("<Q", raw)
    import json
    header = json.loads(raw[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + x for x in entry["data_offsets"])
            tensors[name] = torch.from_numpy(
                np.frombuffer(raw[begin:end], dtype="<f4").reshape(entry["shape"]).copy())
    return tensors


def conv(inputs, outputs, side, **how):
    return [nn.Conv2d(inputs, outputs, side, bias=False, **how), nn.ReLU()]


def gesture_network():
    pool = nn.AvgPool2d(2, 2)
    return nn.Sequential(
        *conv(2, 16, 2, stride=2), *conv(16, 16, 3, padding=1), pool, *conv(16, 32, 3, padding=1), pool,
        *conv(32, 32, 3, padding=1), pool, *conv(32, 64, 3, padding=1), pool,
        *conv(64, 64, 3, padding=1), pool, nn.Dropout2d(0.5), *conv(64, 256, 2), nn.Dropout2d(0.5),
        nn.Flatten(), nn.Linear(256, 128, bias=False), nn.ReLU(), nn.Linear(128, 11, bias=False))


def digit_network():
    pool = nn.AvgPool2d(2, 2)
    return nn.Sequential(
        *conv(1, 20, 5), pool, *conv(20, 32, 5), pool, *conv(32, 128, 3), pool, nn.Flatten(),
        nn.Linear(128, 500, bias=False), nn.ReLU(), nn.Linear(500, 10, bias=False))


def run(ann, frames):
    """Spikes of each layer in all, and of each output."""
    ann = ann.double().eval()
    snn = from_model(ann, add_spiking_output=True, batch_size=1).spiking_model.double().eval()
    spikes = []

    def count(module, inputs, output):
        spikes.append(int(output.sum()))
        return output.double()  # sinabs gives counts as float32

    for module in snn.modules():
        if type(module).__name__ == "IAFSqueeze":
            module.register_forward_hook(count)
    with torch.no_grad():
        out = snn(frames)
    return spikes, [int(x) for x in out.sum(dim=0)]


def gestures(file, steps, milliseconds):
    """Counts of events from the start of each gesture on, {steps, 2, 128, 128}."""
    with open(file, "rb") as f:
        _, rest = f.read().split(b"#!END-HEADER\r\n", 1)
    with open(file.replace(".aedat", "_labels.csv")) as f:
        starts = [int(line.split(",")[1]) for line in f.readlines()[1:]]
    frames = torch.zeros(len(starts), steps, 2, 128, 128, dtype=torch.float64)
    while rest:
        number = struct.unpack_from("<hhiiiiii", rest)[6]
        for data, time in struct.iter_unpack("<Ii", rest[28:28 + 8 * number]):
            for g, start in enumerate(starts):
                step = (time - start) // (1000 * milliseconds)
                if 0 <= step < steps:
                    frames[g, step, data >> 1 & 1, data >> 2 & 0x7FFF, data >> 17] += 1
        rest = rest[28 + 8 * number:]
    return frames


def digits(file, count, steps):
    """Grey levels as spikes: in step t, one if t * level / 255 reaches another whole number."""
    with gzip.open(file) as f:
        levels = np.frombuffer(f.read()[16:], dtype=np.uint8)[:count * 784].astype(np.int64)
    levels = torch.from_numpy(levels.reshape(count, 1, 1, 28, 28))
    t = torch.arange(steps).reshape(1, steps, 1, 1, 1)
    return ((t + 1) * levels // 255 - t * levels // 255).double()


def main():
    recording, models, images = sys.argv[1:]
    ann = gesture_network()
    print(ann.load_state_dict(weights(models + "/dvs_gesture_params.safetensors"), strict=True))
    for frames in gestures(recording, 30, 50):
        print(*run(ann, 8 * frames))  # these recordings have few events
    ann = digit_network()
    print(ann.load_state_dict(weights(models + "/mnist_params.safetensors"), strict=True))
    for frames in digits(images, 5, 200):
        print(*run(ann, frames))


if __name__ == "__main__":
    main()
