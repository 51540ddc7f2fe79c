#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls a program with a model of its own on campaigns: run, resume, replay, merge, export.

Usage: check_campaigns.py PROGRAM CASE      (without CASE: all of them)
"""
import csv
import os
import subprocess
import sys
import tempfile

CAMPAIGN = """\
[campaign]
name = "toy"
seed = 7

[model]
kind = "residual"
batch = 2

[[experiment]]
name = "weights"
targets = "@weights"
trials = 300

[[experiment]]
name = "rates"
targets = ["dense1*", "@activations"]
amount = {per_bit = [1e-4, 1e-3]}
plan = {margin = 0.1, confidence = 0.9}
inputs = "all"
tau = 2

[output]
store = "toy.sqlite"
"""


def call(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)


def good(*arguments):
    run = call(*arguments)
    assert run.returncode == 0, run
    return run.stdout


def refused(*arguments, words, status=1):
    run = call(*arguments)
    assert run.returncode == status and words in run.stderr, (words, run)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def tables(store):
    """What a store exports, but for what says how it was run: {file: text}."""
    good("export", store, "--csv", store + ".csv")
    found = {}
    for name in os.listdir(store + ".csv"):
        with open(os.path.join(store + ".csv", name), encoding="utf-8") as file:
            found[name] = file.read()
    return found


def run():
    """A campaign runs, has the trials that were planned, and going on with it changes nothing."""
    write("c.toml", CAMPAIGN)
    text = good("run", "c.toml")
    for words in ("weights", "rates, per_bit 1e-04", "rates, per_bit 0.001"):
        assert words in text or words.replace("1e-04", "0.0001") in text, (words, text)
    first = tables("toy.sqlite")
    trials = list(csv.DictReader(first["trials.csv"].splitlines()))
    # 0.25 t^2 / 0.1^2 with t = 1.6449 is 67.6.
    counts = [sum(t["experiment"] == str(e) for t in trials) for e in range(3)]
    assert counts == [300, 68, 68], counts
    good("run", "c.toml", "--threads", 2)
    good("resume", "toy.sqlite", "--quiet")
    assert tables("toy.sqlite") == first
    assert good("run", "c.toml", "--quiet", "--store", "again.sqlite", "--threads", 3) == ""
    assert tables("again.sqlite") == first


def shards():
    """Shards that are merged in any order are the campaign."""
    write("c.toml", CAMPAIGN)
    good("run", "c.toml", "--quiet")
    for i in range(3):
        good("run", "c.toml", "--quiet", "--store", f"part{i}.sqlite", "--shard", f"{i}/3")
    good("merge", "whole.sqlite", "part2.sqlite", "part0.sqlite")
    assert tables("whole.sqlite") != tables("toy.sqlite")
    good("merge", "whole.sqlite", "part1.sqlite")
    assert tables("whole.sqlite") == tables("toy.sqlite")
    for text in ("3/3", "x", "1/0", "1", "-1/3", "1/3x"):
        refused("run", "c.toml", "--shard=" + text, words="--shard",
                status=call("run", "c.toml", "--shard=" + text).returncode or -1)


def replay():
    """A trial that is run again from the database alone is the one that stands there."""
    write("c.toml", CAMPAIGN)
    good("run", "c.toml", "--quiet")
    os.unlink("c.toml")
    for trial in (0, 17, 299):
        text = good("replay", "toy.sqlite", "weights", trial)
        assert "bf1:dense" in text and "same" in text, text
    refused("replay", "toy.sqlite", "weights", 300, words="300")
    refused("replay", "toy.sqlite", "wieghts", 0, words="wieghts")
    refused("replay", "nothing.sqlite", "weights", 0, words="nothing.sqlite")


def refusals():
    """Wrong configurations are refused before anything runs: file, line and what would be right."""
    for old, new, words in (
            ("seed = 7", "sead = 7", "c.toml: line 3: [campaign] has no key 'sead'; the nearest "
                                     "name is 'seed'"),
            ("batch = 2", "bach = 2", "c.toml: line 7: [model] has no key 'bach'; the nearest name "
                                      "is 'batch'"),
            ("batch = 2", "batch = 0", "c.toml: line 7: model.batch: expected a whole number from "
                                       "1 to 1000, found the number 0"),
            ('"residual"', '"residal"', "the nearest name is 'residual'"),
            ('"@weights"', '"dense9"', "dense9"),
            ("trials = 300", "trials = 300000000", "300000000")):
        assert old in CAMPAIGN
        write("c.toml", CAMPAIGN.replace(old, new, 1))
        refused("run", "c.toml", words=words)
    write("c.toml", CAMPAIGN[:CAMPAIGN.index("[[experiment]]")])
    refused("run", "c.toml", words="there is no [[experiment]]")
    refused("run", "none.toml", words="none.toml")
    assert os.listdir(".") == ["c.toml"], os.listdir(".")
    # Another campaign's file, and what differs.
    write("c.toml", CAMPAIGN)
    good("run", "c.toml", "--quiet")
    first = tables("toy.sqlite")
    write("c.toml", CAMPAIGN.replace("seed = 7", "seed = 8"))
    refused("run", "c.toml", words="seed")
    write("c.toml", CAMPAIGN.replace("tau = 2", "tau = 3"))
    refused("run", "c.toml", words="tau")
    assert tables("toy.sqlite") == first
    refused(words="subcommand", status=2)


CASES = (run, shards, replay, refusals)

program = os.path.abspath(sys.argv[1])
chosen = [case for case in CASES if case.__name__ in (sys.argv[2:] or [c.__name__ for c in CASES])]
if not chosen:
    sys.exit(f"there is no case {sys.argv[2]}")
for case in chosen:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        case()
        os.chdir("/")
    print(f"{case.__name__}: {case.__doc__}")
