#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A campaign of single weight faults, here and as a plain loop in Python, on ResNet-20.

Usage: plain_loop.py PROGRAM DATA [TRIALS [THREADS]]

PROGRAM is build/bench/benchmarks/torch_flip_campaign. DATA holds
models-cifar10/resnet/resnet20.safetensors and cifar-10-batches-bin/test_batch.bin. PROGRAM runs the
campaign; then each of its faults is flipped with numpy, the model is run, its answers compared, and
the bit flipped back: as one writes it, with the same batches and as many threads. All verdicts must
be the same.

Seconds are those of the clock on the wall, and of the processor: the second ones are to be compared
where other programs run, and only with one thread.
"""
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/integrations/torch/python"))
import numpy as np
import torch
from networks import ResNet, cifar10, load_safetensors

IMAGES, BATCH = 1000, 50


def letters(golden, faulty):
    """A verdict for each image: non-finite, masked, SDC or tolerable."""
    result = np.where(golden.argmax(1) != faulty.argmax(1), "s", "t")
    result[(golden.view(np.uint32) == faulty.view(np.uint32)).all(1)] = "m"
    result[~np.isfinite(faulty).all(1)] = "n"
    return "".join(result)


def main():
    program, data = sys.argv[1:3]
    trials = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    torch.set_num_threads(threads)
    weights = os.path.join(data, "models-cifar10/resnet/resnet20.safetensors")
    batch_file = os.path.join(data, "cifar-10-batches-bin/test_batch.bin")
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "campaign.sqlite")
        answer = subprocess.run([program, weights, batch_file, str(IMAGES), str(BATCH), "all",
                                 str(threads), database, "-", str(trials), "@weights"],
                                check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        base = sqlite3.connect(database)
        faults = base.execute(
            "SELECT t.name, f.element, f.mask, r.outcomes_by_input FROM fault f "
            "JOIN target t ON t.number = f.target JOIN trial r ON r.number = f.trial "
            "ORDER BY f.trial").fetchall()
        base.close()
    assert len(faults) == trials
    images, _ = cifar10(batch_file, IMAGES)
    batches = images.split(BATCH)
    network = load_safetensors(ResNet(3), weights)
    words = {name: tensor.numpy().reshape(-1).view(f"u{tensor.element_size()}")
             for name, tensor in network.state_dict().items()}

    def run():
        return np.concatenate([network(batch).numpy() for batch in batches])

    with torch.no_grad():
        golden = run()
        wall, processor = time.perf_counter(), time.process_time()
        ours = []
        for name, element, mask, _ in faults:
            words[name][element] ^= np.uint32(mask)
            ours.append(letters(golden, run()))
            words[name][element] ^= np.uint32(mask)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    for mine, (name, element, mask, theirs) in zip(ours, faults):
        assert mine == theirs, (name, element, mask)
    there, there_processor = float(answer[0]), float(answer[1])
    ends = "".join(ours)
    print(f"PyTorch {torch.__version__}, {threads} thread(s), {trials} trials of {IMAGES} images, "
          f"batches of {BATCH}; verdicts the same: "
          f"{ {end: ends.count(end) for end in sorted(set(ends))} }")
    print(f"plain loop  {trials / wall:8.3f} trials/s, {trials / processor:8.3f} per second of "
          "processor")
    print(f"bitfault    {trials / there:8.3f} trials/s, {trials / there_processor:8.3f} per second "
          f"of processor; golden run {float(answer[2]):.1f} s")
    print(f"ratio       {wall / there:8.2f}, of processor time {processor / there_processor:.2f}")


if __name__ == "__main__":
    main()
