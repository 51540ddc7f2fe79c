#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls bitfault_demo as a user does: what it writes, what it says, how it ends.

Usage: check_program.py PROGRAM CASE      (without CASE: all of them)
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SMALL = ["--trials", "6", "--sweep-trials", "1", "--truth-trials", "70", "--images", "100"]


def call(*arguments, path=None, folder=None):
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = path
    return subprocess.run([program, *arguments], capture_output=True, text=True, cwd=folder,
                          env=environment, stdin=subprocess.DEVNULL, check=False)


def campaign(folder, *arguments, **how):
    """A small campaign; its report, and what it printed."""
    out = os.path.join(folder, "report.html")
    run = call(*SMALL, "--out", out, *arguments, **how)
    assert run.returncode == 0, run.stderr
    files = [name for name in os.listdir(folder) if not name.endswith(".sqlite")]
    assert files == ["report.html"] and len(os.listdir(folder)) % 3 == 1, os.listdir(folder)
    with open(out, encoding="utf-8") as file:
        return file.read(), run


def report():
    """One file that needs no other, with every part of the campaign in it."""
    with tempfile.TemporaryDirectory() as folder:
        text, run = campaign(folder)
    plain = re.sub(r'xmlns(:xlink)?="http[^"]*"', "", text)
    for outside in ("http:", "https:", "<script", "<link", "url(h", "src=\"/", "@import"):
        assert outside not in plain, outside
    for tag in ("main", "table", "details", "figure", "svg", "dl", "code"):
        assert text.count(f"<{tag}>") + text.count(f"<{tag} ") == text.count(f"</{tag}>"), tag
    xml.etree.ElementTree.fromstring(text)
    for part in ("dense.bias", "relu2", "31 (sign)", "draw version", "--seed 1", "Wilson",
                 "the truth", "CRC-32", "bf1:"):
        assert part in text, part
    ids = re.findall(r"""\bid=["']([^"']*)""", text)
    assert len(ids) == len(set(ids)), "two parts of the page have one name"
    figures = text.count("<svg")
    assert figures >= 5 or (figures == 0 and "This report has no figures" in text), figures
    assert "every weight is bit for bit what it was" in run.stdout
    for line in run.stdout.splitlines():
        long_ones = ("Report:", "Again:", "Trials:", "bitfault ")
        assert len(line) <= 80 or line.startswith(long_ones), line
    assert "\x1b" not in run.stdout + run.stderr, "escape sequences without a terminal"


def threads():
    """The report does not depend on the number of threads."""
    with tempfile.TemporaryDirectory() as folder:
        one, _ = campaign(folder, "--threads", "1", "--quiet")
    with tempfile.TemporaryDirectory() as folder:
        three, _ = campaign(folder, "--threads", "3", "--quiet")
        other, _ = campaign(folder, "--seed", "2", "--quiet")
    assert one == three
    assert one != other


def resume():
    """The same call again runs nothing and writes the same report, other options begin anew."""
    with tempfile.TemporaryDirectory() as folder:
        first, run = campaign(folder)
        assert "from an earlier call" not in run.stdout
        second, run = campaign(folder)
        assert re.search(r"s; [0-9]+ trials were there from an earlier call", run.stdout), run
        campaign(folder, "--seed", "5", "--quiet")
        assert len(os.listdir(folder)) == 7, os.listdir(folder)
    assert first == second


def no_gnuplot():
    """Without gnuplot there is a report that says so."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        text, run = campaign(folder, path=empty)
    assert "<svg" not in text
    assert "This report has no figures: gnuplot is not installed" in text
    assert "no figures" in run.stderr


def fault():
    """One fault by its address."""
    run = call("--images", "100", "--fault", "bf1:conv1.weight[3,0,1,2]^30")
    assert run.returncode == 0 and "SDC-1" in run.stdout, run
    run = call("--images", "100", "--fault", "bf1:relu2[3,0,1]^30")
    assert run.returncode == 0 and "of 100" in run.stdout, run
    for address, words in (("bf1:conv9.weight[3,0,1,2]^30", "the nearest name is 'conv1.weight'"),
                           ("bf1:conv1.weight[3,0,1,3]^30", "coordinate 3 on axis 3"),
                           ("conv1.weight", "expected 'bf1:'")):
        run = call("--images", "100", "--fault", address)
        assert run.returncode == 1 and words in run.stderr, run


def refusals():
    """Bad options and missing files: one plain sentence, and before the work begins."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "data"))
        for arguments, status, words in (
                (["--truth-trials", "280897"], 2, "--truth-trials"),
                (["--images", "20000"], 2, "--images"),
                (["--trials", "0"], 2, "--trials"),
                (["--threads", "zero"], 2, "--threads"),
                (["--seconds", "3", "--trials", "9"], 2, "excludes"),
                (["--no-such-option"], 2, "--no-such-option"),
                (["--data", "data"], 1, "demo_network.safetensors: "),
                (["--out", "no/such/folder.html"], 1, "no/such/folder.html: cannot be written"),
                (["--out", "data"], 1, "data: is a folder")):
            run = call(*arguments, folder=folder)
            assert run.returncode == status and words in run.stderr, run
            assert "%" not in run.stdout, run.stdout
        assert os.listdir(folder) == ["data"], os.listdir(folder)
    run = call("--help")
    assert run.returncode == 0 and "--sweep-trials" in run.stdout, run


CASES = (report, threads, resume, no_gnuplot, fault, refusals)

program = os.path.abspath(sys.argv[1])
chosen = [case for case in CASES if case.__name__ in (sys.argv[2:] or [c.__name__ for c in CASES])]
if not chosen:
    sys.exit(f"there is no case {sys.argv[2]}")
for case in chosen:
    case()
    print(f"{case.__name__}: {case.__doc__}")
