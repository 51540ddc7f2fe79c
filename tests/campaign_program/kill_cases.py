# SPDX-License-Identifier: MIT
"""Campaigns that are killed and started again."""
import random
import signal
import sys
import time

from campaigns import Folder, exported, run, same, trials_in, undisturbed
from processes import children_of, is_alive, started


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
        deadline = time.time() + 60
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
