#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_train_gestures.py MAKE_EVENTS TRAIN: trains briefly on simulated gestures, and looks at the
weights that were written."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False)


def main():
    make_events, train = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        assert run(make_events, folder / "g", "--gestures", "--count", "1").returncode == 0
        weights = folder / "w.safetensors"
        options = ("--epochs", "2", "--steps", "6", "--held-out", "2", "--output", weights)
        made = run(train, "--data", folder / "g", *options)
        assert made.returncode == 0, made.stderr
        lines = made.stdout.splitlines()
        assert [line[:8] for line in lines[:2]] == ["epoch  1", "epoch  2"], made.stdout
        assert lines[2].endswith(f" of 2 gestures that were held out, written to {weights}"), lines
        raw = weights.read_bytes()
        header = json.loads(raw[8:8 + struct.unpack_from("<Q", raw)[0]])
        assert header.pop("__metadata__")["gestures"] == "9"
        assert {name: entry["shape"] for name, entry in header.items()} == {
            "conv1.weight": [32, 1, 3, 3], "conv1.bias": [32], "conv2.weight": [32, 32, 3, 3],
            "conv2.bias": [32], "dense1.weight": [500, 2048], "dense1.bias": [500],
            "dense2.weight": [11, 500], "dense2.bias": [11]}
        again = run(train, "--data", folder / "g", *options)
        assert again.stdout == made.stdout and weights.read_bytes() == raw  # the same every time
        none = run(train, "--data", folder, *options)
        assert none.returncode == 1 and "there is no recording" in none.stderr, none.stderr
        all_out = run(train, "--data", folder / "g", "--held-out", "11")
        assert all_out.returncode == 1 and "--held-out 11 leaves nothing of the 11" in all_out.stderr


if __name__ == "__main__":
    main()
