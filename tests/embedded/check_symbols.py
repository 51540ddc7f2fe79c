#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a file for a bare machine and looks at what it needs from outside.

Allowed is what the compiler's own library (libgcc) defines, and memcpy, memmove and memset, which a
compiler may call on its own account. A file whose name begins with "sparse" must not need
helpers for double precision, for division of 64 bits, or for floating point at all.

Usage: check_symbols.py SOURCE COMPILER [FLAG...]
"""
import os
import re
import subprocess
import sys
import tempfile

FLAGS = ["-std=c++20", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-nostdlib",
         "-fno-threadsafe-statics", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-c"]
COMPILERS_OWN = {"memcpy", "memmove", "memset"}
HEAVY = re.compile(r"__aeabi_(d|[a-z0-9]*2d\b|cd|uldivmod|ldivmod|f|[a-z0-9]*2f\b|cf)"
                   r"|__\w*(div|mod)(d|t)i\d|__\w*(sf|df|tf)(\d|si|di)?\b|__float|__fix")


def output_of(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, compiler, *flags = sys.argv[1:]
    sparse = os.path.basename(source).startswith("sparse")
    nm = re.sub(r"g\+\+$", "nm", compiler)
    machine = [flag for flag in flags if flag.startswith("-m")]
    library = output_of([compiler, *machine, "-print-libgcc-file-name"]).strip()
    libgcc = {line.split()[2] for line in output_of([nm, "--defined-only", library]).splitlines()
              if len(line.split()) == 3}
    if len(libgcc) < 50:
        sys.exit(f"{library} defines {len(libgcc)} names only: this is not libgcc")

    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "object.o")
        for level in ("-Os", "-O2") if sparse else ("-Os",):
            run = subprocess.run([compiler, *FLAGS, level, *flags, source, "-o", target],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                sys.exit(f"{source} does not compile with {level}:\n{run.stderr}")
            symbols = output_of([nm, target]).splitlines()
            functions = [line for line in symbols if re.match(r"[0-9a-f]+ [TW] ", line)]
            needed = sorted(line.split()[-1] for line in symbols if line.split()[0] == "U")
            if not functions:
                sys.exit(f"{source} defines no function: nothing was shown")
            for name in needed:
                if name not in libgcc | COMPILERS_OWN:
                    wrong += 1
                    print(f"{level}: {name} is needed, and libgcc does not have it")
                elif sparse and HEAVY.match(name):
                    wrong += 1
                    print(f"{level}: {name} is needed on the sparse path")
            print(f"{level}: {len(functions)} functions, from outside: {', '.join(needed) or 'nothing'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
