#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What nvcc must refuse, with which words; each source compiles without -DWRONG.

Usage: test_refusals.py NVCC INCLUDE_FOLDER
"""
import os
import subprocess
import sys
import tempfile

FLAGS = ["-std=c++20", "-Werror", "all-warnings", "-arch=compute_90", "-ptx"]
HEAD = """
#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/bitfault.hpp>
using namespace bitfault;
#if defined(WRONG)
[[maybe_unused]] constexpr bool wrong = true;
#define MODEL_FN
#else
[[maybe_unused]] constexpr bool wrong = false;
#define MODEL_FN BITFAULT_FN
#endif
"""
CASES = {
    "a value model without BITFAULT_FN": ("calling a __host__ function", """
struct model {
  template <class T> MODEL_FN T operator()(T value, auto&) const { return value + 1; }
};
status hit(cudaStream_t s, device_view<float> v) {
  return make_injector(model{}, exactly{5}).apply(on(s), v, {});
}
"""),
    "a word model without BITFAULT_FN": ("calling a __host__ function", """
struct model {
  template <class W> MODEL_FN W operator()(W word, W mask, auto&) const { return word + mask; }
};
status hit(cudaStream_t s, device_view<float> v) {
  return make_injector(model{}, exactly{5}).apply(on(s), v, {});
}
"""),
    "a model whose call operator is constexpr, without BITFAULT_FN": ("constexpr __host__ function", """
struct model {
  template <class T> MODEL_FN constexpr T operator()(T value, auto&) const { return value + 1; }
};
status hit(cudaStream_t s, device_view<float> v) {
  return make_injector(model{}, exactly{5}).apply(on(s), v, {});
}
"""),
    "a lambda": ("The closure type for a lambda", """
struct model {
  template <class T> BITFAULT_FN T operator()(T value, auto&) const { return value + 1; }
};
status hit(cudaStream_t s, device_view<float> v) {
#if defined(WRONG)
  return make_injector([](float x, auto&) { return x + 1; }, exactly{5}).apply(on(s), v, {});
#else
  return make_injector(model{}, exactly{5}).apply(on(s), v, {});
#endif
}
"""),
    "a region from a boolean mask": ("lies in the host's memory; copy its numbers()", """
status hit(cudaStream_t s, device_view<float> v, const bool (&mask)[8]) {
  const auto chosen = where(mask);
  if constexpr (wrong)
    return make_injector(bit_flip{}, exactly{5}, chosen.region()).apply(on(s), v, {});
  else
    return make_injector(bit_flip{}, exactly{5}).apply(on(s), v, {});
}
"""),
    "host memory": ("the view is of host memory; a device needs a device_view", """
status hit(cudaStream_t s, device_view<float> v, float (&memory)[8]) {
  const auto injector = make_injector(bit_flip{}, exactly{5});
#if defined(WRONG)
  return injector.apply(on(s), memory, {});
#else
  return injector.apply(on(s), v, {});
#endif
}
"""),
    "a policy of Thrust's CUDA system": ("for a GPU include bitfault/backends/thrust/cuda.cuh", """
#include <bitfault/backends/thrust/thrust.cuh>
#include <thrust/system/cpp/execution_policy.h>
status hit(device_view<float> v) {
  const auto injector = make_injector(bit_flip{}, exactly{5});
#if defined(WRONG)
  return injector.apply(on(thrust::cuda::par), v, {});
#else
  return injector.apply(on(thrust::cpp::par), v, {});
#endif
}
"""),
}


def main():
    nvcc, include = sys.argv[1:]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "refused.cu")
        for what, (sentence, text) in CASES.items():
            with open(source, "w", encoding="utf-8") as file:
                file.write(HEAD + text)
            command = [nvcc, *FLAGS, "-I", include, source, "-o", os.path.join(folder, "ptx")]
            right, wrong = (subprocess.run([*command, *more], stdin=subprocess.DEVNULL,
                                           capture_output=True, text=True, check=False)
                            for more in ([], ["-DWRONG"]))
            if right.returncode != 0:
                print(f"{what}: the control does not compile:\n{right.stderr}")
                bad += 1
            elif wrong.returncode == 0 or sentence not in wrong.stderr:
                print(f"{what}: nvcc does not say '{sentence}', but:\n{wrong.stderr}")
                bad += 1
    print(f"{len(CASES)} mistakes, {bad} not refused")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
