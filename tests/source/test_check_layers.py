#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_layers.py passes a right tree and names each wrong include."""
import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake/check_layers.py")

RIGHT = {
    "config/macros.hpp": "#include <cstdint>\n",
    "core/bits.hpp": '#include "bitfault/config/macros.hpp"\n#include <cfloat>\n',
    "core/error.hpp": "#include <new>\n",
    "random/philox.hpp": '#include "bitfault/core/bits.hpp"\n',
    "views/flat.hpp": '#include "bitfault/random/philox.hpp"\n#include "detail.hpp"\n',
    "views/detail.hpp": "/* #include <vector>\n#include <vector> */ // #include <vector>\n",
    "injector/plan.hpp": "#include <bitfault/views/flat.hpp>\n",
    "make.hpp": '#include "bitfault/injector/plan.hpp"\n',
    "fault_list/file.hpp": '#include "bitfault/core/bits.hpp"\n#include <string>\n',
    "campaign/run.hpp": "",
    "integrations/torch/hook.hpp": '#include "bitfault/fault_list/file.hpp"\n',
    "integrations/torch/recorded_model.hpp": '#include "../../campaign/run.hpp"\n',
    "integrations/eigen.hpp": '#include "bitfault/views/flat.hpp"\n#include <Eigen/Core>\n',
    "embedded.hpp": '// what fits everywhere\n#pragma once\n#include "bitfault/make.hpp"\n',
    "bitfault.hpp": '#include "embedded.hpp"\n#include "bitfault/integrations/eigen.hpp"\n',
}

# What is put into the tree, and the place and words that must be reported.
WRONG = [
    ("core/bits.hpp", '\n#include "bitfault/views/flat.hpp"\n', ["core/bits.hpp:2:", "above it"]),
    ("core/bits.hpp", '#include "bitfault/random/philox.hpp"\n', ["do not see each other"]),
    ("views/flat.hpp", '#include "../space/box.hpp"\n', ['"../space/box.hpp" is not a header']),
    ("views/flat.hpp", '#include "bitfault/space/box.hpp"\n', ["bitfault/space/box.hpp does not exist"]),
    ("faults/flip.hpp", '#include "../views/flat.hpp"\n', ["faults/flip.hpp:1:", "see each other"]),
    ("fault_list/file.hpp", '#include "bitfault/make.hpp"\n', ["do not see each other"]),
    ("campaign/run.hpp", '#include "bitfault/integrations/eigen.hpp"\n', ["nobody includes"]),
    ("campaign/run.hpp", "#include <bitfault/bitfault.hpp>\n", ["the umbrella"]),
    ("integrations/eigen.hpp", '#include "bitfault/injector/plan.hpp"\n', ["integrations sees rank 2"]),
    ("integrations/torch/hook.hpp", '#include "bitfault/campaign/run.hpp"\n', ["integrations sees rank 4"]),
    ("injector/plan.hpp", "#include <vector>\n", ["injector/plan.hpp:1:", "<vector>"]),
    ("make.hpp", "#  include <string>\n", ["make.hpp:1:", "<string>"]),
    ("core/bits.hpp", "#include <exception>\n", ["<exception>"]),
    ("core/bits.hpp", "#include <type_traits>\n", ["<type_traits>"]),
    ("bitfault.hpp", "int x;\n", ["bitfault.hpp:1:", "includes only"]),
    ("attic/old.hpp", "", ["'attic' has no rank"]),
    ("views/detail.hpp", '#include "flat.hpp"\n', ["includes itself"]),
]


def check(tree):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            path = os.path.join(folder, "bitfault", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        run = subprocess.run([sys.executable, SCRIPT, folder], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr


def main():
    wrong = 0
    status, output = check(RIGHT)
    if status != 0:
        wrong += 1
        print(f"the right tree is refused:\n{output}")
    if check({})[0] == 0:
        wrong += 1
        print("an empty tree passes")
    for path, text, words in WRONG:
        status, output = check(RIGHT | {path: text})
        if status == 0 or not all(word in output for word in words):
            wrong += 1
            print(f"{path} with {text!r}: status {status}, and {words} expected in\n{output}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
