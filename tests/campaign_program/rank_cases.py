# SPDX-License-Identifier: MIT
"""Campaigns under mpirun."""
import os
import signal
import sys
import time

from campaigns import Folder, exported, run, same, trials_in, undisturbed
from processes import end_session, started, wait_until, writer_of


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
    """A run that all of its ranks have written trials in: the first one to the campaign's file.

    What more ranks have left is merged first, and their files are removed by ascending name: while
    that goes on, those that are there are never those of the first ranks alone."""
    store = folder.path / "toy.sqlite"
    left = sum(map(trials_in, [store, *rank_stores(folder)]))
    process = started(folder.command(program_with_mpi, start=mpirun(number)))
    wanted = {f"toy.sqlite.rank-{rank}" for rank in range(1, number)}

    def all_have_written():
        there = rank_stores(folder)
        return ({path.name for path in there} == wanted and all(map(trials_in, there))
                and trials_in(store) > left)

    try:
        wait_until(all_have_written, process, "trials of all ranks")
    except BaseException:
        end_session(process)
        raise
    return process


def lost_rank(root, program, program_with_mpi):
    values = dict(microseconds=500, weights=600, activations=600)
    expected = undisturbed(root, program, **values)
    folder = Folder(root, "lost", threads=1, **values)
    store = folder.path / "toy.sqlite"

    def not_all_there():
        there = sum(map(trials_in, [store, *rank_stores(folder)]))
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
    """A run under mpirun whose own file is lost, or was not finished before it was killed."""
    values = dict(microseconds=300, weights=300, activations=300)
    expected = undisturbed(root, program, **values)
    folder = Folder(root, "cut_off", threads=1, **values)
    store = folder.path / "toy.sqlite"
    end_session(started_ranks(folder, program_with_mpi, 2))
    wait_for_writers(folder)
    for end in ("", "-wal", "-shm"):  # what the first rank has written, as a file of a rank
        part = folder.path / f"toy.sqlite{end}"
        if part.exists():
            part.rename(folder.path / f"toy.sqlite.rank-0{end}")
    before = sum(map(trials_in, rank_stores(folder)))
    run([program_with_mpi, "resume", str(store), "--quiet", "--shard", "0/1000"])
    if not 0 < before <= trials_in(store) < 600 or rank_stores(folder):
        sys.exit(f"of {before} trials in files of ranks {trials_in(store)} came into the campaign's")
    run([program_with_mpi, "resume", str(store), "--quiet"])
    same(exported(program, store), expected, "resumed from the files of ranks")
    store.write_bytes(b"")  # made, but nothing was committed
    run(folder.command(program_with_mpi, start=mpirun(2)))
    same(exported(program, store), expected, "begun on an empty file")


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
