#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quantises the demo's network to int8 and writes it as a C++ header, with a few test images.

Weights are symmetric int8, with a scale for each output channel of a convolution and one scale for
the dense layer, so that its sums can be compared. Activations are symmetric int8; their scales come
from the largest activation among the calibration images. A scale becomes an integer multiplier and a
shift (as in Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", CVPR 2018), so that inference needs integers only.

Nothing but the standard library of Python is used, and no function that rounds differently from
one machine to another: the header is the same everywhere.

Usage: quantise.py DATA_FOLDER OUTPUT
"""
import gzip
import json
import math
import operator
import os
import struct
import sys

IMAGES = 8  # the first ones of the file go into the firmware
CALIBRATION = range(9984, 10000)  # the last ones of the file set the scales
SIDE = 28
KERNEL = 3


def read_tensors(path):
    """Name to (shape, numbers) of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        count = (end - begin) // 4
        tensors[name] = (entry["shape"], struct.unpack_from(f"<{count}f", data, 8 + length + begin))
    return tensors


def read_idx(path, header):
    with gzip.open(path) as file:
        return file.read()[header:]


def unfold(planes, height, width):
    """The receptive field of each output pixel, in the order {channel, row, column}."""
    fields = []
    for y in range(height - KERNEL + 1):
        for x in range(width - KERNEL + 1):
            field = []
            for plane in planes:
                for row in range(y, y + KERNEL):
                    field += plane[row * width + x:row * width + x + KERNEL]
            fields.append(field)
    return fields


def convolve(planes, height, width, tensors, name):
    """The planes after a convolution and a rectifier."""
    (out, into, _, _), weights = tensors[name + ".weight"]
    _, bias = tensors[name + ".bias"]
    size = into * KERNEL * KERNEL
    rows = [weights[c * size:(c + 1) * size] for c in range(out)]
    fields = unfold(planes, height, width)
    # fsum rounds once, so that the order and the version of Python do not matter.
    return [[max(0.0, math.fsum([b, *map(operator.mul, row, field)])) for field in fields]
            for row, b in zip(rows, bias)]


def pool(planes, height, width):
    return [[max(plane[y * width + x], plane[y * width + x + 1], plane[(y + 1) * width + x],
                 plane[(y + 1) * width + x + 1])
             for y in range(0, height - 1, 2) for x in range(0, width - 1, 2)] for plane in planes]


def largest_activations(pixels, tensors):
    """The largest activation after each convolution, over the calibration images."""
    largest = {"conv1": 0.0, "conv2": 0.0, "conv3": 0.0}
    for number in CALIBRATION:
        side = SIDE
        planes = [[p / 255.0 for p in pixels[number * SIDE * SIDE:(number + 1) * SIDE * SIDE]]]
        for name in largest:
            planes = convolve(planes, side, side, tensors, name)
            side -= KERNEL - 1
            largest[name] = max([largest[name]] + [max(plane) for plane in planes])
            if name != "conv3":
                planes = pool(planes, side, side)
                side //= 2
    return largest


def multiplier(scale):
    """scale = multiplier / 2^shift, with a multiplier of 31 bits."""
    fraction, exponent = math.frexp(scale)
    number = round(fraction * 2**31)
    if number == 2**31:
        number, exponent = 2**30, exponent + 1
    return number, 31 - exponent


def quantised_layer(tensors, name, scale_in, scale_out):
    """Weights, biases, multipliers and shifts of a layer; the dense one keeps its sums."""
    shape, weights = tensors[name + ".weight"]
    _, bias = tensors[name + ".bias"]
    size = len(weights) // shape[0]
    rows = [weights[c * size:(c + 1) * size] for c in range(shape[0])]
    scales = [max(map(abs, row)) / 127 for row in rows]
    if scale_out is None:
        scales = [max(scales)] * len(scales)
    result = {"weight": [round(w / s) for row, s in zip(rows, scales) for w in row],
              "bias": [round(b / (scale_in * s)) for b, s in zip(bias, scales)]}
    if scale_out is not None:
        pairs = [multiplier(scale_in * s / scale_out) for s in scales]
        result["multiplier"] = [m for m, _ in pairs]
        result["shift"] = [s for _, s in pairs]
    return result


def array(kind, name, numbers):
    lines, line = [], " "
    for number in numbers:
        word = f" {number},"
        if len(line) + len(word) > 98:
            lines.append(line)
            line = " "
        line += word
    lines.append(line)
    return [f"inline constexpr {kind} {name}[{len(numbers)}] = {{", *lines, "};"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, output = sys.argv[1:]
    tensors = read_tensors(os.path.join(folder, "demo_network.safetensors"))
    pixels = read_idx(os.path.join(folder, "t10k-images-idx3-ubyte.gz"), 16)
    labels = read_idx(os.path.join(folder, "t10k-labels-idx1-ubyte.gz"), 8)
    largest = largest_activations(pixels, tensors)

    lines = ["// SPDX-License-Identifier: MIT", "// Written by quantise.py; do not edit.", "#pragma once",
             "", "#include <cstdint>", "", "namespace quantised {", ""]
    scale = 1 / 127  # of a pixel / 255
    for name in ("conv1", "conv2", "conv3", "dense"):
        scale_out = largest[name] / 127 if name in largest else None
        layer = quantised_layer(tensors, name, scale, scale_out)
        lines += array("std::int8_t", f"{name}_weight", layer["weight"])
        lines += array("std::int32_t", f"{name}_bias", layer["bias"])
        if scale_out is not None:
            lines += array("std::int32_t", f"{name}_multiplier", layer["multiplier"])
            lines += array("std::uint8_t", f"{name}_shift", layer["shift"])
        lines.append("")
        scale = scale_out
    size = SIDE * SIDE
    lines.append(f"inline constexpr int images = {IMAGES};")
    lines += array("std::uint8_t", "pixels", list(pixels[:IMAGES * size]))
    lines += array("std::uint8_t", "labels", list(labels[:IMAGES]))
    lines += ["", "} // namespace quantised", ""]
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
