# SPDX-License-Identifier: MIT
"""Processes that tests start, watch and end, with all that they have started; Linux."""
import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time


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
    """The processes that a process has started; Linux. Its threads, and it, may end meanwhile."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []
    for task in tasks:
        try:
            words = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(word) for word in words]
    return found


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def writer_of(path):
    """The process that has the writer's lock of a file, as the refused are told; 0 if none has."""
    try:
        with open(f"{path}-writer", "rb+") as file:
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            return struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))[4]
    except FileNotFoundError:  # its writer has just ended in order
        return 0
