#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what the quantised network gets right and compares with the sentence in a document.

Usage: check_accuracy.py PROGRAM DATA_FOLDER DOCUMENT
"""
import gzip
import os
import re
import subprocess
import sys
import tempfile


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, data, document = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, header in (("images-idx3", 16), ("labels-idx1", 8)):
            with gzip.open(os.path.join(data, f"t10k-{name}-ubyte.gz")) as file:
                content = file.read()[header:]
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "wb") as file:
                file.write(content)
        counted = subprocess.run([program, *paths], stdin=subprocess.DEVNULL, capture_output=True,
                                 text=True, check=True).stdout.strip()
    with open(document, encoding="utf-8") as file:
        stated = re.search(r"int8\s+network\s+gets\s+([\d,]+\s+of\s+[\d,]+)", file.read())
    if not stated:
        sys.exit(f"{document} does not say how good the int8 network is")
    if " ".join(stated.group(1).replace(",", "").split()) != counted:
        sys.exit(f"{counted} images are right, but {document} says {stated.group(1)}")
    print(counted)


if __name__ == "__main__":
    main()
