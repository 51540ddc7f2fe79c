#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks cifar10_campaign: what it answers to wrong input, and that a campaign is repeatable.

Usage: check_program.py PROGRAM CASE
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

CONFIGURATION = """
[model]
kind = "torchscript"
{model}
images = 4
batch = 2
[[experiment]]
name = "weights"
targets = ["{target}"]
trials = 20
[output]
store = "out.sqlite"
report = ""
"""


def run(program, folder, model="", target="@weights", options=()):
    with open(os.path.join(folder, "c.toml"), "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(model=model, target=target))
    return subprocess.run([program, *options, "run", "c.toml"], cwd=folder, capture_output=True,
                          text=True, check=False, stdin=subprocess.DEVNULL)


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def refused(result, *words):
    text = result.stderr
    assert result.returncode == 1, (result.returncode, text)
    for word in words:
        assert word in text, (word, text)
    assert text.count("\n") <= 3, text


def records(folder):
    with sqlite3.connect(os.path.join(folder, "out.sqlite")) as base:
        return base.execute("select count(*) from trial").fetchone()[0]


def case_refusals(program, folder):
    refused(run(program, folder, target="conv9*"), "no target is named 'conv9*'", "conv1.weight")
    refused(run(program, folder, options=("--model", "none.pt")), "none.pt: there is no such file")
    write(os.path.join(folder, "bad.pt"), b"no network")
    refused(run(program, folder, options=("--model", "bad.pt")), "bad.pt: is no TorchScript file")
    batches = os.path.join(folder, "batches")
    os.mkdir(batches)
    write(os.path.join(batches, "test_batch.bin"), bytes(3073 + 100))
    refused(run(program, folder, options=("--data", batches)), "3173 bytes", "offset 3073")
    write(os.path.join(batches, "test_batch.bin"), bytes(3073) + b"\x0a" + bytes(3072))
    refused(run(program, folder, options=("--data", batches)), "offset 3073: label 10")
    write(os.path.join(batches, "test_batch.bin"), bytes(3073))
    refused(run(program, folder, options=("--data", batches)), "4", "there are 1")
    assert not os.path.exists(os.path.join(folder, "out.sqlite")), "a refusal left a database"


def case_campaign(program, folder):
    first = run(program, folder)
    assert first.returncode == 0, first.stderr
    assert records(folder) == 20, records(folder)
    again = run(program, folder)  # all trials are there
    assert again.returncode == 0 and records(folder) == 20, again.stderr
    # A refusal leaves the database as it was.
    refused(run(program, folder, target="conv9*"), "conv9*")
    assert records(folder) == 20


def main():
    program, case = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        globals()["case_" + case](program, folder)


if __name__ == "__main__":
    main()
