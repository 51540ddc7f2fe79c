#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a campaign program in the ways in which campaigns are run, and compares what it exports.

Usage: check_program.py PROGRAM CASE [PROGRAM_WITH_MPI]
"""
import shutil
import sqlite3
import sys
import tempfile

from campaigns import Folder, exported, run, same, trials_in, undisturbed
from kill_cases import isolated_kills, kills
from processes import end_session, started, wait_until
from rank_cases import lost_rank, only_rank_files, ranks, second_start


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
    first = started(slow.command(program))
    try:
        wait_until(lambda: trials_in(slow.path / "toy.sqlite") > 0, first, "the first trials")
        refused(slow.command(program), "toy.sqlite", f"process {first.pid} is writing")
    finally:
        end_session(first)
    # Command lines that are wrong.
    for shard in ("2/2", "1", "-2/-1", "0/0", "1/2x", "/2", ""):
        _, errors = run(slow.command(program, f"--shard={shard}"), expected=2)
        if "--shard" not in errors:
            sys.exit(f"--shard {shard}: {errors}")


def isolates(root, program, _):
    expected = undisturbed(root, program)
    folder = Folder(root, "isolates")
    run(folder.command(program, "--isolate"))
    same(exported(program, folder.path / "toy.sqlite"), expected, "child processes")


CASES = {case.__name__: case for case in (
    shards, kills, isolated_kills, resumes, refusals, isolates, ranks, lost_rank, only_rank_files,
    second_start)}


def main():
    program, case = sys.argv[1:3]
    with_mpi = sys.argv[3] if len(sys.argv) > 3 else None
    root = tempfile.mkdtemp(prefix="bitfault_campaign_")
    try:
        CASES[case](root, program, with_mpi)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
