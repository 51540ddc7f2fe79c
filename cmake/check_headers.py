#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the headers of bitfault in the ways in which users may meet them.

  alone    each header is the only include of a file
  hostile  all headers, after min, max, I, major and minor have become macros; but for campaigns and
           their statistics, which are for POSIX, where nobody defines min and max
  twice    two files that include all headers make one program: a missing inline is a link error

Those for LibTorch are left to their tests: the compiler reads LibTorch for ten seconds each time.

Usage: check_headers.py [--jobs N] INCLUDE_FOLDER COMPILER [FLAG...]
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

WARNINGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
STANDARD = re.compile(r"^\s*#\s*include\s*<([a-z_0-9]+)>", flags=re.M)
OTHER = re.compile(r"^\s*#\s*include\s*<((?!bitfault/)[^>]*[/.A-Z][^>]*)>", flags=re.M)
LIBTORCH = os.path.join("bitfault", "integrations", "torch")
POSIX = ("bitfault/campaign/", "bitfault/statistics/")
HOSTILE = """
#define min(a, b) bitfault_was_caught_by_a_macro
#define max(a, b) bitfault_was_caught_by_a_macro
#define I bitfault_was_caught_by_a_macro
#define major(a) bitfault_was_caught_by_a_macro
#define minor(a) bitfault_was_caught_by_a_macro
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("include_folder")
    parser.add_argument("compiler")
    arguments, flags = parser.parse_known_args()
    root = os.path.abspath(arguments.include_folder)

    headers = sorted(
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root) for name in names if name.endswith(".hpp"))
    headers = [header for header in headers if not header.startswith(LIBTORCH)]
    if not headers:
        sys.exit(f"{root}: there are no headers")
    # Headers of other libraries are not asked to bear macros: they come before them.
    others = set()
    for header in headers:
        with open(os.path.join(root, header), encoding="utf-8") as file:
            text = file.read()
        others.update(STANDARD.findall(text) + OTHER.findall(text))
    first = "".join(f"#if __has_include(<{o}>)\n#include <{o}>\n#endif\n" for o in sorted(others))
    everything = "".join(f"#include <{header}>\n" for header in headers)
    bearing = "".join(f"#include <{header}>\n" for header in headers
                      if not header.startswith(POSIX))

    def compile_text(folder, name, text, more):
        source = os.path.join(folder, re.sub(r"\W", "_", name) + ".cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        command = [arguments.compiler, *WARNINGS, "-I", root, *flags, *more, source]
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False)
        return name, run.returncode, run.stdout + run.stderr

    with tempfile.TemporaryDirectory() as folder:
        syntax = ["-fsyntax-only"]
        objects = [os.path.join(folder, name) for name in ("a.o", "b.o")]
        work = [(header, f"#include <{header}>\n", syntax) for header in headers]
        work.append(("all headers among hostile macros", first + HOSTILE + bearing, syntax))
        work.append(("all headers in a program", everything + "int main() {}\n",
                     ["-O0", "-c", "-o", objects[0]]))
        work.append(("all headers in a program, again", everything, ["-O0", "-c", "-o", objects[1]]))
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(lambda w: compile_text(folder, *w), work))
        if all(os.path.exists(o) for o in objects):
            run = subprocess.run([arguments.compiler, *objects, "-o", os.path.join(folder, "program"),
                                  "-pthread"], capture_output=True, text=True, check=False)
            results.append(("all headers linked twice", run.returncode, run.stdout + run.stderr))

    wrong = [result for result in results if result[1] != 0]
    for name, _, output in wrong:
        print(f"{name}:\n{output}")
    print(f"headers: {len(headers)} headers, {len(results)} ways, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
