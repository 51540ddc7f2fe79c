#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a campaign program in the ways in which campaigns are run, and compares what it exports.

Usage: check_program.py PROGRAM CASE [PROGRAM_WITH_MPI]
"""
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

CONFIGURATION = """
[campaign]
name = "toy"
seed = 5
threads = {threads}
[model]
kind = "toy"
microseconds = {microseconds}
[[experiment]]
name = "weights"
inputs = "all"
trials = {weights}
stop = {{half_width = 0.05}}
[[experiment]]
name = "activations"
targets = ["@activations"]
trials = {activations}
"""


class Folder:
    """A campaign's configuration and files."""

    def __init__(self, root, name, **values):
        self.path = pathlib.Path(root) / name
        self.path.mkdir()
        self.write(**values)

    def write(self, **values):
        numbers = dict(threads=2, microseconds=0, weights=1500, activations=1300) | values
        (self.path / "toy.toml").write_text(CONFIGURATION.format(**numbers))

    def command(self, program, *arguments, start=()):
        return [*start, program, "run", str(self.path / "toy.toml"), "--store",
                str(self.path / "toy.sqlite"), "--quiet", *arguments]


def run(command, expected=0):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != expected:
        sys.exit(f"{' '.join(map(str, command))}\ngave {done.returncode}, expected {expected}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def exported(program, store):
    """All that the database exports, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        run([program, "export", str(store), "--csv", folder])
        return {path.name: path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())}


def same(got, expected, what):
    if got.keys() != expected.keys():
        sys.exit(f"{what}: {sorted(got)} instead of {sorted(expected)}")
    for name, text in expected.items():
        if got[name] != text:
            sys.exit(f"{what}: {name} differs from that of an undisturbed run")


def undisturbed(root, program, name="undisturbed", **values):
    folder = Folder(root, name, **values)
    run(folder.command(program))
    return exported(program, folder.path / "toy.sqlite")


def shards(root, program, _):
    expected = undisturbed(root, program)
    one = undisturbed(root, program, "one_thread", threads=1)
    same(one, expected, "one thread")
    folder = Folder(root, "shards")
    parts = []
    for index in (3, 0, 4, 1, 2):
        part = folder.path / f"part{index}.sqlite"
        run([program, "run", str(folder.path / "toy.toml"), "--store", str(part), "--quiet",
             "--shard", f"{index}/5"])
        parts.append(str(part))
    run([program, "merge", str(folder.path / "all.sqlite"), *parts])
    same(exported(program, folder.path / "all.sqlite"), expected, "five shards")
    # A lost shard costs its own trials only, which a start on the merged file completes.
    run([program, "merge", str(folder.path / "most.sqlite"), *parts[:2], *parts[3:]])
    run([program, "resume", str(folder.path / "most.sqlite"), "--quiet"])
    same(exported(program, folder.path / "most.sqlite"), expected, "a lost shard")


def kills(root, program, _):
    expected = undisturbed(root, program)
    chance = random.Random(7)
    folder = Folder(root, "kills", microseconds=150)
    # `microseconds` is part of the model, so what is compared is made the same way.
    expected = undisturbed(root, program, "slow", microseconds=150)
    store = folder.path / "toy.sqlite"
    killed = 0
    longest = 0.25
    while killed < 100:
        process = subprocess.Popen(folder.command(program), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0.005, longest))
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed += 1
        elif process.returncode == 0:
            # It was faster: the rest of the kills hit a new campaign, earlier.
            same(exported(program, store), expected, f"after {killed} kills")
            for path in folder.path.glob("toy.sqlite*"):
                path.unlink()
            longest = max(0.02, longest / 2)
        else:
            sys.exit(f"after {killed} kills: {errors.decode()}")
    run(folder.command(program))
    same(exported(program, store), expected, "after 100 kills")


def resumes(root, program, _):
    expected = undisturbed(root, program)
    folder = Folder(root, "resumes")
    store = str(folder.path / "toy.sqlite")
    run(folder.command(program, "--shard", "0/2"))
    run([program, "resume", store, "--quiet", "--threads", "1"])
    same(exported(program, store), expected, "resumed from the database alone")
    out, _ = run([program, "replay", store, "activations", "17"])
    if "The database has the same." not in out:
        sys.exit(f"replay: {out}")
    run([program, "resume", store, "--quiet"])
    same(exported(program, store), expected, "resumed once more")
    with sqlite3.connect(store) as database:
        count = database.execute("SELECT count(*) FROM trial").fetchone()[0]
    if count < 1300:
        sys.exit(f"another tool sees {count} trials")


def refusals(root, program, _):
    folder = Folder(root, "refusals", weights=200, activations=200)
    store = folder.path / "toy.sqlite"
    run(folder.command(program))
    before = exported(program, store)

    def refused(command, *words):
        _, errors = run(command, expected=1)
        for word in words:
            if word not in errors:
                sys.exit(f"'{word}' is not in: {errors}")

    folder.write(weights=200, activations=300)
    refused(folder.command(program), str(store), "experiment 1", "200", "300")
    folder.write(weights=200, activations=200, microseconds=1)
    refused(folder.command(program), str(store), "microseconds")
    folder.write(weights=200, activations=200)
    damaged = folder.path / "damaged.sqlite"
    damaged.write_bytes(store.read_bytes()[:5000] + b"x" * 3000)
    refused([program, "resume", str(damaged), "--quiet"], str(damaged))
    other = folder.path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE somebody (elses TEXT)")
    refused([program, "resume", str(other), "--quiet"], str(other))
    refused([program, "resume", str(folder.path / "none.sqlite")], "none.sqlite")
    (folder.path / "toy.toml").write_text(
        (folder.path / "toy.toml").read_text().replace('"toy"\nmicro', '"tyo"\nmicro'))
    refused(folder.command(program), "tyo", "toy")
    same(exported(program, store), before, "after refusals")
    # Two processes on one file.
    slow = Folder(root, "two", microseconds=2000)
    first = subprocess.Popen(slow.command(program), stdin=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        deadline = time.time() + 20
        while not (slow.path / "toy.sqlite").exists() and time.time() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        refused(slow.command(program), "toy.sqlite")
    finally:
        first.kill()
        first.wait()


def isolates(root, program, _):
    expected = undisturbed(root, program)
    folder = Folder(root, "isolates")
    run(folder.command(program, "--isolate"))
    same(exported(program, folder.path / "toy.sqlite"), expected, "child processes")


def mpirun(ranks):
    # As root, and with more ranks than cores, as on a machine that runs tests.
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                      OMPI_MCA_rmaps_base_oversubscribe="1")
    return ["mpirun", "--oversubscribe", "-n", str(ranks)]


def ranks(root, program, program_with_mpi):
    expected = undisturbed(root, program)
    for number in (1, 2, 4):
        folder = Folder(root, f"ranks{number}", threads=1)
        run(folder.command(program_with_mpi, start=mpirun(number)))
        left = [path.name for path in folder.path.glob("*.rank-*")]
        if left:
            sys.exit(f"{number} ranks left {left}")
        same(exported(program, folder.path / "toy.sqlite"), expected, f"{number} ranks")


def lost_rank(root, program, program_with_mpi):
    expected = undisturbed(root, program, microseconds=300)
    folder = Folder(root, "lost", threads=1, microseconds=300)
    process = subprocess.Popen(folder.command(program_with_mpi, start=mpirun(3)),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(1.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(["pkill", "-KILL", "-f", str(folder.path)], check=False)
    time.sleep(0.2)
    if not list(folder.path.glob("*.sqlite*")):
        sys.exit("nothing was written before the kill; the test tests nothing")
    run(folder.command(program_with_mpi, start=mpirun(2)))
    same(exported(program, folder.path / "toy.sqlite"), expected, "after a lost rank")


def main():
    program, case = sys.argv[1:3]
    with_mpi = sys.argv[3] if len(sys.argv) > 3 else None
    root = tempfile.mkdtemp(prefix="bitfault_campaign_")
    try:
        globals()[case](root, program, with_mpi)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
