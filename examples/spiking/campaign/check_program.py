#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls bitfault_spiking_demo as a user does: what it writes, what it says, how it ends.

Usage: check_program.py PROGRAM MAKE_EVENTS CASE      (without CASE: all of them)
"""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SMALL = ["--trials", "4", "--set-trials", "1", "--sweep-trials", "2", "--recordings", "3"]
SHARE = r"([0-9.]+) \[([0-9.]+), ([0-9.]+)\]"


def call(*arguments, folder=None):
    return subprocess.run([program, *arguments], capture_output=True, text=True, cwd=folder,
                          stdin=subprocess.DEVNULL, check=False)


def campaign(folder, *arguments, small=SMALL):
    """A small campaign; its report, and what it printed."""
    out = os.path.join(folder, "report.html")
    run = call(*small, "--out", out, *arguments)
    assert run.returncode == 0, run.stderr
    with open(out, encoding="utf-8") as file:
        return file.read(), run


def database(folder, part):
    """Of each experiment its name and how many of its trials there are, and ended in SDC."""
    name, = (n for n in os.listdir(folder) if n.endswith(".sqlite") and f".{part}" in n)
    with sqlite3.connect(os.path.join(folder, name)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name: (trials, planned, sdc) for name, trials, planned, sdc in connection.execute(
            "SELECT name, trials, planned_trials, sdc FROM outcome_total")}


def wilson(hits, trials):
    """In percent, with one digit."""
    z = 1.959963984540054
    p = hits / trials
    middle = p + z * z / (2 * trials)
    half = z * (p * (1 - p) / trials + z * z / (4 * trials * trials)) ** 0.5
    scale = 100 / (1 + z * z / trials)
    return [round(x, 1) for x in (100 * p, max(0, middle - half) * scale, (middle + half) * scale)]


def check_page(text):
    """One file that needs no other."""
    plain = re.sub(r'xmlns(:xlink)?="http[^"]*"', "", text)
    for outside in ("http:", "https:", "<script", "<link", "url(h", "src=\"/", "@import"):
        assert outside not in plain, outside
    xml.etree.ElementTree.fromstring(text)
    ids = re.findall(r"""\bid=["']([^"']*)""", text)
    assert len(ids) == len(set(ids)), "two parts of the page have one name"
    if shutil.which("gnuplot"):
        assert text.count("<svg") == 4 and "This report has no figures" not in text
    else:
        assert "This report has no figures: gnuplot is not installed" in text


def report():
    """The tables say what the database has; the report is a page that needs no other file."""
    with tempfile.TemporaryDirectory() as folder:
        text, run = campaign(folder)
        single, rates = database(folder, "single"), database(folder, "rates")
    check_page(text)
    for trials, planned, _ in [*single.values(), *rates.values()]:
        assert trials == planned, (single, rates)
    assert "every parameter is bit for bit what it was" in run.stdout
    assert "\x1b" not in run.stdout + run.stderr, "escape sequences without a terminal"

    lines = run.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("Silent data corruption"))
    names, shown = ["conv1, lif1", "conv2, lif2", "dense, readout"], 0
    assert [name for name in names if name in lines[first + 2]] == names, lines[first + 2]
    for line in lines[first + 3:]:
        if line.startswith("4 trials in each cell"): # and 1 where spikes are hit by chance
            break
        row = line[:20].strip()
        for column, name in enumerate(names):
            cell = line[20 + 20 * column:40 + 20 * column].strip()
            layer = name.split(", ")[0 if row.startswith("synapse") else 1]
            assert (cell == "") == (f"{row}, {layer}" not in single), (line, name)
            if cell:
                trials, _, sdc = single[f"{row}, {layer}"]
                given = [float(x) for x in re.fullmatch(SHARE, cell).groups()]
                assert all(abs(a - b) < 0.11 for a, b in zip(given, wilson(sdc, trials))), line
                shown += 1
    by_step = [name for name in single if "@" in name]
    assert shown + len(by_step) == len(single) and shown > 35, (shown, len(single))
    assert len(by_step) == 3 * 24 - 3 + 2 * 24, len(by_step)
    assert all(sdc == 0 for name, (_, _, sdc) in rates.items() if name.endswith("rate 0e+00"))
    assert len(rates) == 5 * 9, rates


def resume():
    """The same call again runs nothing and writes the same report; threads change nothing."""
    with tempfile.TemporaryDirectory() as folder:
        first, run = campaign(folder, "--threads", "1")
        assert "from an earlier call" not in run.stdout
        second, run = campaign(folder, "--threads", "1")
        assert re.search(r"s; [0-9,]+ trials were there from an earlier call", run.stdout), run
        count = len(os.listdir(folder))
        campaign(folder, "--seed", "5", "--quiet")
        assert len(os.listdir(folder)) == count + 2, os.listdir(folder)
    with tempfile.TemporaryDirectory() as folder:
        threads, _ = campaign(folder, "--threads", "3", "--quiet")
    assert first == second
    assert first == threads


def gestures():
    """Recordings in DVS128 Gesture's form, here simulated ones."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        subprocess.run([make_events, data, "--gestures", "--count", "1"], check=True,
                       capture_output=True)
        small = ["--trials", "1", "--set-trials", "1", "--sweep-trials", "1", "--recordings", "1",
                 "--steps", "12"]
        text, run = campaign(folder, "--data", data, small=small)
        single = database(folder, "single")
    check_page(text)
    assert "untrained" in run.stdout and "untrained" in text
    assert "of 1 recordings are right" in run.stdout, run.stdout
    for name in ("dead neuron, lif2", "synapse dead, dense1", "reset to 0.5, lif1"):
        assert single[name][:2] == (1, 1), single
    # A fault acts up to the last step that still reaches the readout: two currents lie between.
    assert "5 % of neurons spike, lif1@9" in single and "5 % of neurons spike, lif1@10" not in single


def refusals():
    """Bad options and missing files: one plain sentence, and before the work begins."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "empty"))
        os.mkdir(os.path.join(folder, "small"))
        subprocess.run([make_events, os.path.join(folder, "small"), "--format", "aedat", "--count",
                        "1"], check=True, capture_output=True)
        with open(os.path.join(folder, "small", "00000.aedat"), "r+b") as file:
            file.truncate(100)
        os.mkdir(os.path.join(folder, "no_labels"))
        with open(os.path.join(folder, "no_labels", "user01.aedat"), "wb") as file:
            file.write(b"#!AER-DAT3.1\r\n#!END-HEADER\r\n")
        for arguments, status, words in (
                (["--recordings", "20000"], 2, "--recordings"),
                (["--trials", "0"], 2, "--trials"),
                (["--steps", "9"], 2, "--data"),
                (["--weights", "x"], 2, "--data"),
                (["--no-such-option"], 2, "--no-such-option"),
                (["--data", "nowhere"], 1, "nowhere"),
                (["--data", "empty"], 1, "empty"),
                (["--data", "small"], 1, "00000.aedat: byte"),
                (["--data", "no_labels"], 1, "user01"),
                (["--out", "no/such/folder.html"], 1, "no/such/folder.html: cannot be written"),
                (["--out", "empty"], 1, "empty: is a folder")):
            run = call(*arguments, folder=folder)
            assert run.returncode == status and words in run.stderr, run
            assert "%" not in run.stdout, run.stdout
        assert not [name for name in os.listdir(folder) if name.endswith(".sqlite")]
    run = call("--help")
    assert run.returncode == 0 and "--all-rates" in run.stdout, run


CASES = (report, resume, gestures, refusals)

program, make_events = (os.path.abspath(path) for path in sys.argv[1:3])
chosen = [case for case in CASES if case.__name__ in (sys.argv[3:] or [c.__name__ for c in CASES])]
if not chosen:
    sys.exit(f"there is no case {sys.argv[3]}")
for case in chosen:
    case()
    print(f"{case.__name__}: {case.__doc__}")
