#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the trials of a campaign on ResNet-20 again, and compares logits and verdicts.

Usage: compare_logits.py DATABASE LOGITS WEIGHTS IMAGES

The faults come from the campaign's database. Each is flipped with numpy, the network of Python's
PyTorch runs, and all logits must have the same bits as those in LOGITS (float32: trials in their
order, inputs, classes). Two NaN must have the same bits as well.
"""
import sqlite3
import sys

import numpy as np
import torch
from networks import ResNet, cifar10, load_safetensors


def flip(tensor, element, mask):
    """`element` of each row, which is the whole of a tensor that has no rows."""
    words = tensor.detach().numpy().reshape(-1, element[1]).view(f"u{tensor.element_size()}")
    words[:, element[0]] ^= words.dtype.type(mask)


def letter(golden, faulty):
    """What an input ended in: docs/campaign/read_the_database.md."""
    if not np.isfinite(faulty).all():
        return "n"
    if golden.tobytes() == faulty.tobytes():
        return "m"
    return "s" if golden.argmax() != faulty.argmax() else "t"


def run_with_fault(network, images, name, kind, element, mask):
    if kind in ("weight", "bias", "state"):
        tensor = network.state_dict()[name]
        flip(tensor, (element, tensor.numel()), mask)
        logits = network(images).numpy()
        flip(tensor, (element, tensor.numel()), mask)
        return logits

    def strike(tensor):
        assert tensor.is_contiguous(), name
        flip(tensor, (element, tensor.numel() // len(images)), mask)

    if kind == "input":
        images = images.clone()
        strike(images)
        return network(images).numpy()
    struck = []
    module = name.partition(":")[0]
    if module:
        hook = network.get_submodule(module).register_forward_hook(
            lambda _module, _input, output: struck.append(strike(output)))
    else:
        network.after = lambda at, output: at == name and struck.append(strike(output))
    logits = network(images).numpy()
    network.after = None
    if module:
        hook.remove()
    assert len(struck) == 1, (name, len(struck))
    return logits


def main():
    database, logits_file, weights, batch = sys.argv[1:]
    torch.set_num_threads(1)
    base = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    inputs, = base.execute("SELECT inputs FROM campaign").fetchone()
    images, _ = cifar10(batch, inputs)
    network = load_safetensors(ResNet(3), weights)
    theirs = np.fromfile(logits_file, np.float32).reshape(-1, inputs, 10)
    faults = base.execute(
        "SELECT f.experiment, f.trial, t.name, t.kind, f.element, f.mask, r.outcomes_by_input "
        "FROM fault f JOIN target t ON t.number = f.target JOIN trial r "
        "ON r.experiment = f.experiment AND r.number = f.trial "
        "WHERE f.action = 0 ORDER BY f.experiment, f.trial").fetchall()
    assert len(faults) == len(theirs) > 0, (len(faults), len(theirs))
    ends = {}
    with torch.no_grad():
        golden = network(images).numpy().copy()
        for (experiment, trial, name, kind, element, mask, verdicts), expected in zip(faults, theirs):
            ours = run_with_fault(network, images, name, kind, element, mask)
            what = f"experiment {experiment}, trial {trial}: {name}, element {element}, mask {mask}"
            if ours.tobytes() != expected.tobytes():
                sys.exit(f"{what}:\nhere  {ours}\nthere {expected}")
            letters = "".join(letter(g, o) for g, o in zip(golden, ours))
            if letters != verdicts:
                sys.exit(f"{what}: {letters} here, {verdicts} there")
            for end in letters:
                ends[end] = ends.get(end, 0) + 1
        assert (network(images).numpy() == golden).all()
    print(f"PyTorch {torch.__version__}: {len(faults)} trials, the same logits bit for bit and the "
          f"same verdicts {dict(sorted(ends.items()))}")


if __name__ == "__main__":
    main()
