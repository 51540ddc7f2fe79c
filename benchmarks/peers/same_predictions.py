#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same explicit faults in another fault injector and here: the predictions must be the same.

Usage: same_predictions.py pytorchfi|mrfi PROGRAM DATA [TRIALS]

PROGRAM is build/bench/benchmarks/torch_flip_campaign; DATA holds
models-cifar10/resnet/resnet20.safetensors and cifar-10-batches-bin/test_batch.bin. PROGRAM runs
TRIALS (200) trials with a flipped bit in the output of a convolution of ResNet-20, and as many with
one in a convolution's weight, each on one image. The other system gets the faults from the
campaign's database: PyTorchFI the value that the element then has, MRFI the element and the bit.

The other system comes from the Python registry, into an environment beside Debian's PyTorch:

    /usr/bin/python3 -m venv --system-site-packages FOLDER
    FOLDER/bin/pip install --no-deps pytorchfi==0.6.0 mrfi==2.1.0 scipy==1.11.4
"""
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
from importlib import metadata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/integrations/torch/python"))
import numpy as np
import torch
from networks import ResNet, cifar10, load_safetensors

IMAGES = 20


def coordinates(element, shape):
    return [int(i) for i in np.unravel_index(element, shape)]


def as_float(word):
    return struct.unpack("<f", struct.pack("<I", word & 0xFFFFFFFF))[0]


def convolutions(network):
    return {name: number for number, (name, module) in enumerate(
        (n, m) for n, m in network.named_modules() if isinstance(m, torch.nn.Conv2d))}


class PyTorchFI:
    """Injects values; each fault takes a copy of the model."""

    def __init__(self, make):
        from pytorchfi.core import fault_injection
        network = make()
        self.numbers = convolutions(network)
        with torch.no_grad():
            self.injector = fault_injection(network, 1, input_shape=[3, 32, 32],
                                            layer_types=[torch.nn.Conv2d], use_cuda=False)

    def run(self, image, fault):
        at = coordinates(fault["element"], fault["extents"])
        value = [as_float(fault["after"])]
        if fault["is_weight"]:
            layer = [self.numbers[fault["name"].removesuffix(".weight")]]
            model = self.injector.declare_weight_fi(
                layer_num=layer, k=[at[0]], dim1=[at[1]], dim2=[at[2]], dim3=[at[3]], value=value)
        else:
            model = self.injector.declare_neuron_fi(
                layer_num=[self.numbers[fault["name"]]], batch=[0], dim1=[at[0]], dim2=[at[1]],
                dim3=[at[2]], value=value)
        with torch.no_grad():
            return model(image)


class MRFI:
    """Flips bits; a wrapped model is made for each fault."""

    def __init__(self, make):
        from mrfi import MRFI as injector, EasyConfig
        self.injector, self.configuration, self.make = injector, EasyConfig, make

    def run(self, image, fault):
        kind = "weight" if fault["is_weight"] else "activation_out"
        asked = {"faultinject": [{
            "type": kind, "module_fullname": fault["name"].removesuffix(".weight"),
            "selector": {"method": "FixPosition", "position": fault["element"]},
            "error_mode": {"method": "FloatFixedBitFlip", "bit": fault["bit"]}}]}
        if fault["is_weight"]:
            asked["faultinject"][0]["name"] = ["weight"]
        return self.injector(self.make(), self.configuration(asked))(image)


def main():
    name, program, data = sys.argv[1:4]
    trials = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    torch.set_num_threads(1)
    weights = os.path.join(data, "models-cifar10/resnet/resnet20.safetensors")
    batch_file = os.path.join(data, "cifar-10-batches-bin/test_batch.bin")
    names = list(convolutions(ResNet(3)))
    with tempfile.TemporaryDirectory() as folder:
        database, logits_file = (os.path.join(folder, file) for file in ("c.sqlite", "logits"))
        subprocess.run([program, weights, batch_file, str(IMAGES), "1", "one", "1", database,
                        logits_file, str(trials), "*conv?", "*conv?.weight"],
                       check=True, stdout=subprocess.DEVNULL)
        base = sqlite3.connect(database)
        base.row_factory = sqlite3.Row
        faults = [dict(row) for row in base.execute(
            "SELECT f.experiment AS is_weight, t.name, t.extents, f.element, f.mask, "
            "f.word_after AS after, r.first_input FROM fault f JOIN target t "
            "ON t.number = f.target JOIN trial r ON r.experiment = f.experiment "
            "AND r.number = f.trial ORDER BY f.experiment, f.trial")]
        base.close()
        theirs = np.fromfile(logits_file, np.float32).reshape(-1, 10)
    assert len(faults) == len(theirs) == 2 * trials
    for fault in faults:
        fault["extents"] = [int(n) for n in fault["extents"].split()]
        fault["bit"] = (fault["mask"] & 0xFFFFFFFF).bit_length() - 1
        assert fault["name"].removesuffix(".weight") in names, fault

    def make():
        return load_safetensors(ResNet(3), weights)

    images, _ = cifar10(batch_file, IMAGES)
    with torch.no_grad():
        golden = make()(images).argmax(1)
    other = {"pytorchfi": PyTorchFI, "mrfi": MRFI}[name](make)
    same_bits = changed = 0
    for fault, expected in zip(faults, theirs):
        first = fault["first_input"]
        logits = other.run(images[first:first + 1].clone(), fault).numpy()[0]
        # Where an output is no number, neither has a prediction.
        finite = np.isfinite(expected).all()
        assert finite == np.isfinite(logits).all(), (fault, logits, expected)
        if finite:
            assert logits.argmax() == expected.argmax(), (fault, logits, expected)
            changed += int(logits.argmax() != golden[first])
        same_bits += logits.tobytes() == expected.tobytes()
    print(f"{name} {metadata.version(name)}, PyTorch {torch.__version__}: {trials} flips in outputs "
          f"and {trials} in weights of convolutions: the same {len(faults)} predictions ({changed} "
          f"others than without the fault); {same_bits} with the same logits, bit for bit")


if __name__ == "__main__":
    main()
