#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a file as a bare machine would, and looks at what it wants from the outside.

A compiler may call memcpy, memmove and memset on its own account; nothing else may be undefined.

Usage: check_freestanding.py SOURCE COMPILER [FLAG...]
"""
import os
import subprocess
import sys
import tempfile

LEVELS = ("-O0", "-Os", "-O2")
FLAGS = ["-std=c++20", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-nostdlib",
         "-fno-threadsafe-statics", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-c"]
ALLOWED = {"memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_"}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, compiler, *flags = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "object.o")
        for level in LEVELS:
            run = subprocess.run([compiler, *FLAGS, level, *flags, source, "-o", target],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                sys.exit(f"{source} does not compile with {level}:\n{run.stdout}{run.stderr}")
            symbols = subprocess.run(["nm", "-C", target], capture_output=True, text=True,
                                     check=True).stdout.splitlines()
            defined = [line for line in symbols if line[17:18] in "TW" and line.strip()]
            undefined = {line.split(maxsplit=1)[1] for line in symbols if line.split()[0] == "U"}
            if not defined:
                wrong += 1
                print(f"{level}: {source} defines no function: nothing was shown")
            for name in sorted(undefined - ALLOWED):
                wrong += 1
                print(f"{level}: {source} needs {name} from outside")
            print(f"{level}: {len(defined)} functions, from outside: "
                  f"{', '.join(sorted(undefined)) or 'nothing'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
