#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a .cu file for each architecture and looks at its kernels: no local memory, no calls, no
double-precision arithmetic in PTX, no stack frame and no spills in machine code.

Usage: check_kernels.py [--nvcc NVCC] [--architectures 75,80,...] INCLUDE_FOLDER SOURCE
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

OLDER = {75, 80} # and every generation from 90 on that the toolkit knows
FLAGS = ["-std=c++20", "-O3", "-Werror", "all-warnings"]
ENTRY = re.compile(r"\.visible \.entry (\w+)\(.*?\n}\n", re.S)
FORBIDDEN = {
    "local memory": re.compile(r"^\s*(\.local\b|ld\.local|st\.local|cvta\.local)", re.M),
    "a call": re.compile(r"^\s*(@%p\d+ )?call\b", re.M),
    "double-precision arithmetic": re.compile(r"^\s*(@%p\d+ )?\w+(\.\w+)*\.f64\b", re.M),
}


def wrong_in_ptx(text):
    """(number of kernels, what is wrong with them)"""
    kernels = list(ENTRY.finditer(text))
    found = [f"{kernel.group(1)} has {what}: {match.group().strip()}"
             for kernel in kernels for what, pattern in FORBIDDEN.items()
             for match in [pattern.search(kernel.group())] if match]
    return len(kernels), found


def wrong_in_report(text):
    """What `ptxas -v` says of stacks and spills, and the most registers."""
    found = [f"{name} has {frame} bytes of stack, {stores} of spills"
             for name, frame, stores in re.findall(
                 r"Function properties for (\w+)\n\s*(\d+) bytes stack frame, (\d+) bytes spill stores",
                 text) if int(frame) or int(stores)]
    return max((int(n) for n in re.findall(r"Used (\d+) registers", text)), default=0), found


def run(command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout + result.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--architectures")
    parser.add_argument("include_folder")
    parser.add_argument("source")
    arguments = parser.parse_args()
    known = {int(a) for a in re.findall(r"compute_(\d+)", run([arguments.nvcc, "--list-gpu-arch"]))}
    wanted = ([int(a) for a in arguments.architectures.split(",")] if arguments.architectures
              else sorted(a for a in known if a in OLDER or (a >= 90 and a % 10 == 0)))
    bad = not wanted
    for architecture in wanted:
        if architecture not in known:
            print(f"sm_{architecture}: this toolkit does not know it")
            bad = True
            continue
        with tempfile.TemporaryDirectory() as folder:
            ptx = os.path.join(folder, "kernels.ptx")
            nvcc = [arguments.nvcc, *FLAGS, f"-arch=compute_{architecture}", "-I",
                    arguments.include_folder]
            run([*nvcc, "-ptx", arguments.source, "-o", ptx])
            with open(ptx, encoding="utf-8") as file:
                kernels, found = wrong_in_ptx(file.read())
            ptxas = os.path.join(os.path.dirname(arguments.nvcc), "ptxas")
            report = run([ptxas, "-v", f"-arch=sm_{architecture}", ptx, "-o",
                          os.path.join(folder, "kernels.cubin")])
            registers, more = wrong_in_report(report)
        found += more
        if kernels == 0:
            found.append("there is no kernel in the PTX: was it read rightly?")
        for sentence in found:
            print(f"sm_{architecture}: {sentence}")
        print(f"sm_{architecture}: {kernels} kernels, at most {registers} registers, "
              f"{len(found)} wrong")
        bad = bad or bool(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
