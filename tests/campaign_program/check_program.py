#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a campaign program in the ways in which campaigns are run, and compares what it exports.

Usage: check_program.py PROGRAM CASE [PROGRAM_WITH_MPI]
"""
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import struct
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


def trials_in(path):
    """How many trials a database has; 0 if it is not there, or not made yet."""
    if not path.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute("SELECT count(*) FROM trial").fetchone()[0]
    except sqlite3.Error:
        return 0


def started(command):
    """In a session of its own, so that it can be ended with all that it has started."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, start_new_session=True)


def session_of(pid):
    """The session of a process, 0 if there is no such process; Linux."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, ValueError):
        return 0


def end_session(process):
    """Kills all processes of a session: mpirun gives each rank a process group of its own."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and session_of(entry.name) == process.pid:
            try:
                os.kill(int(entry.name), signal.SIGKILL)
            except ProcessLookupError:
                pass
    process.communicate()


def wait_until(condition, process, what):
    """Waits while a process runs; its end, or a minute, is a failure."""
    deadline = time.time() + 60
    while not condition():
        if process.poll() is not None:
            sys.exit(f"it ended with {process.returncode} before {what}: "
                     f"{process.stderr.read().decode()}")
        if time.time() > deadline:
            sys.exit(f"a minute has passed without {what}")
        time.sleep(0.005)


def children_of(pid):
    """The processes that a process has started; Linux."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        found += [int(word) for word in (task / "children").read_text().split()]
    return found


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def interrupted(root, program, wanted, *arguments, **values):
    """Kills a campaign at random moments, and compares what it comes to in the end."""
    expected = undisturbed(root, program, **values)
    chance = random.Random(7)
    folder = Folder(root, "interrupted", **values)
    store = folder.path / "toy.sqlite"
    killed, in_writing, before = 0, 0, 0
    while killed < wanted:
        process = started(folder.command(program, *arguments))
        # One kill of four hits it before it has written, the others when it has.
        while killed % 4 != 0 and process.poll() is None and trials_in(store) <= before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.03))
        children = children_of(process.pid) if process.poll() is None else []
        process.kill()  # the process alone: its children have to end by themselves
        errors = process.communicate()[1]
        deadline = time.time() + 5
        while any(map(is_alive, children)):
            if time.time() > deadline:
                sys.exit(f"after {killed} kills: children of the killed process are still there")
            time.sleep(0.005)
        if process.returncode == -signal.SIGKILL:
            killed += 1
            now = trials_in(store)
            in_writing += now > before  # it had written trials since its start
            before = now
        elif process.returncode == 0:
            # It was through: the rest of the kills hit a new campaign.
            same(exported(program, store), expected, f"after {killed} kills")
            for path in folder.path.glob("toy.sqlite*"):
                path.unlink()
            before = 0
        else:
            sys.exit(f"after {killed} kills: {errors.decode()}")
    if in_writing < wanted / 2:
        sys.exit(f"only {in_writing} of {wanted} kills hit a process that wrote trials")
    run(folder.command(program, *arguments))
    same(exported(program, store), expected, f"after {wanted} kills")


def kills(root, program, _):
    interrupted(root, program, 100, microseconds=150)


def isolated_kills(root, program, _):
    interrupted(root, program, 20, "--isolate", microseconds=150)


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


def rank_stores(folder):
    return [path for path in folder.path.glob("toy.sqlite.rank-*")
            if path.name.rsplit("-", 1)[1].isdigit()]


def started_ranks(folder, program_with_mpi, number):
    """A run that all of its ranks have written trials in.

    What more ranks have left is merged first, and their files are removed by ascending name: while
    that goes on, those that are there are never those of the first ranks alone."""
    process = started(folder.command(program_with_mpi, start=mpirun(number)))
    wanted = {f"toy.sqlite.rank-{rank}" for rank in range(number)}

    def all_have_written():
        there = rank_stores(folder)
        return {path.name for path in there} == wanted and all(map(trials_in, there))

    try:
        wait_until(all_have_written, process, "trials of all ranks")
    except BaseException:
        end_session(process)
        raise
    return process


def writer_of(path):
    """The process that has the writer's lock of a file, as the refused are told; 0 if none has."""
    try:
        with open(f"{path}-writer", "rb+") as file:
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            return struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))[4]
    except FileNotFoundError:  # its writer has just ended in order
        return 0


def lost_rank(root, program, program_with_mpi):
    values = dict(microseconds=500, weights=600, activations=600)
    expected = undisturbed(root, program, **values)
    folder = Folder(root, "lost", threads=1, **values)
    store = folder.path / "toy.sqlite"

    def not_all_there():
        there = sum(map(trials_in, rank_stores(folder)))
        if not 0 < there < 1200:
            sys.exit(f"{there} trials were there at the kill; the test tests nothing")

    # One rank dies, then all processes at once.
    process = started_ranks(folder, program_with_mpi, 3)
    try:
        os.kill(writer_of(folder.path / "toy.sqlite.rank-1"), signal.SIGKILL)
        process.wait(timeout=60)
        if process.returncode == 0:
            sys.exit("mpirun ended as if no rank had been killed")
    finally:
        end_session(process)
    not_all_there()
    process = started_ranks(folder, program_with_mpi, 2)
    end_session(process)
    wait_for_writers(folder)
    not_all_there()
    # One that was killed before it had written anything.
    (folder.path / "toy.sqlite.rank-7").touch()
    before = trials_in(store)
    run([program, "resume", str(store), "--quiet", "--shard", "0/1000"])
    if trials_in(store) <= before or rank_stores(folder):
        sys.exit("a start did not take up what the ranks had left")
    run(folder.command(program_with_mpi, start=mpirun(2)))
    same(exported(program, store), expected, "after a lost rank")


def wait_for_writers(folder):
    """Ranks are children of mpirun's, which do not all end at the same time as it."""
    deadline = time.time() + 20
    for path in folder.path.glob("*-writer"):
        while writer_of(str(path)[:-len("-writer")]) != 0:
            if time.time() > deadline:
                sys.exit(f"somebody still writes to {path}")
            time.sleep(0.02)


def only_rank_files(root, program, program_with_mpi):
    """A run under mpirun that was killed before anything was merged."""
    values = dict(microseconds=300, weights=300, activations=300)
    expected = undisturbed(root, program, **values)
    folder = Folder(root, "cut_off", threads=1, **values)
    store = folder.path / "toy.sqlite"
    end_session(started_ranks(folder, program_with_mpi, 2))
    wait_for_writers(folder)
    if store.exists():
        sys.exit("the campaign's own file is there already; the test tests nothing")
    run([program_with_mpi, "resume", str(store), "--quiet"])
    same(exported(program, store), expected, "resumed from the files of ranks")


def second_start(root, program, program_with_mpi):
    """Starts on a campaign that ranks work on are refused, and cost them nothing."""
    values = dict(microseconds=500, weights=600, activations=600)
    expected = undisturbed(root, program, **values)
    folder = Folder(root, "second", threads=1, **values)
    process = started_ranks(folder, program_with_mpi, 2)
    try:
        for command in (folder.command(program),
                        [program, "resume", str(folder.path / "toy.sqlite"), "--quiet"],
                        folder.command(program_with_mpi, start=mpirun(2))):
            _, errors = run(command, expected=1)
            if "is writing to it" not in errors:
                sys.exit(errors)
            if process.poll() is not None:
                sys.exit("the run was through before the second start; the test tests nothing")
        errors = process.communicate(timeout=120)[1]
        if process.returncode != 0:
            sys.exit(errors.decode())
    finally:
        end_session(process)
    same(exported(program, folder.path / "toy.sqlite"), expected, "after second starts")


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
