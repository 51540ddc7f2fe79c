# SPDX-License-Identifier: MIT
"""Calls a program as its users do, and runs the cases of a test in folders of their own."""
import os
import subprocess
import sys
import tempfile

program = os.path.abspath(sys.argv[1])


def call(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, check=False)


def good(*arguments):
    run = call(*arguments)
    assert run.returncode == 0 and run.stderr == "", run
    return run.stdout


def refused(*arguments, words, status=1):
    """One plain sentence, and nothing new in the folder."""
    before = contents(".")
    run = call(*arguments)
    assert run.returncode == status and run.stdout == "" and words in run.stderr, (words, run)
    assert contents(".") == before, run


def contents(folder):
    return {name: read(os.path.join(folder, name)) for name in os.listdir(folder)
            if os.path.isfile(os.path.join(folder, name))}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    return path


def run_cases(cases):
    """The cases that the command line names, or all: each is a function with a docstring."""
    chosen = [c for c in cases if c.__name__ in (sys.argv[2:] or [c.__name__ for c in cases])]
    if not chosen:
        sys.exit(f"there is no case {sys.argv[2]}")
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            case()
            os.chdir("/")
        print(f"{case.__name__}: {case.__doc__}")
