#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many times the trials per second two processes under mpirun do of what one does.

    python3 benchmarks/demo/mpi_speed_up.py build/bench/benchmarks/demo_campaign_mpi

Two free cores are needed, and about two minutes. Runs of one and of two processes alternate. What a
start takes (mpirun, reading the data, the golden run, the probe) is measured with a campaign of
next to no trials and taken off; the ratio with it left in stands beside. Two processes write a file
each, which one of them merges in the end: that counts. The report's figures are left out: no
process is faster with them for having others beside it. mpirun keeps each process on a core of its
own, the one by itself too, with its thread for inference and the one for the file.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
LEAST = 128  # a block of trials for each process
CONFIGURATION = """
[campaign]
seed = 1
[model]
kind = "demo"
[[experiment]]
name = "weights"
trials = {trials}
inputs = "{inputs}"
[output]
report = ""
"""


def seconds(program, processes, trials, inputs):
    """Wall time of a campaign of its own."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "c.toml").write_text(CONFIGURATION.format(trials=trials, inputs=inputs))
        begin = time.monotonic()
        subprocess.run(["mpirun", "-n", str(processes), program, "run", folder / "c.toml",
                        "--store", folder / "c.sqlite", "--quiet"], check=True)
        return time.monotonic() - begin


def measure(program, trials, inputs):
    starts, runs = {1: [], 2: []}, {1: [], 2: []}
    for _ in range(ROUNDS):
        for processes in (1, 2):
            starts[processes].append(seconds(program, processes, LEAST, inputs))
            runs[processes].append(seconds(program, processes, trials, inputs))
    start = {n: statistics.median(starts[n]) for n in starts}
    run = {n: statistics.median(runs[n]) for n in runs}
    ratios = [(one - start[1]) / (two - start[2]) for one, two in zip(runs[1], runs[2])]
    for n in run:
        if run[n] < 2 * start[n]:
            sys.exit(f"{n} process(es): {run[n]:.2f} s with a start of {start[n]:.2f} s; other work "
                     "on this machine hides the campaign")
    rate = {n: (trials - LEAST) / (run[n] - start[n]) for n in run}
    print(f"{inputs} of 100 images in each of {trials} trials: {rate[1]:.0f} trials/s by one "
          f"process, {rate[2]:.0f} by two, ratio {rate[2] / rate[1]:.2f} "
          f"(by rounds {min(ratios):.2f} to {max(ratios):.2f}); "
          f"{run[1] / run[2]:.2f} with the starts of {start[1]:.2f} s and {start[2]:.2f} s")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("there is one core only")
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    measure(program, 16_000, "all")
    measure(program, 60_000, "one")


if __name__ == "__main__":
    main()
