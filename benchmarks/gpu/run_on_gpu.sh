#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs the benchmarks that need a GPU, prints a table and writes a JSON file. It needs
# the CUDA toolkit (12.8 or newer), CMake and a C++20 compiler, and nothing from a network.
#
# Usage: benchmarks/gpu/run_on_gpu.sh [BUILD_FOLDER]     (default: build/gpu_benchmarks)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C PATH=$PATH:/usr/local/cuda/bin
folder=${1:-$here/../../build/gpu_benchmarks}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

command -v nvcc >/dev/null || { echo "There is no nvcc: the CUDA toolkit is missing." >&2; exit 1; }
# `sed` reads to the end: a tool that cannot write to `head` any more would fail.
device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | sed -n 1p) || device=
[[ -n $device ]] || { echo "There is no GPU here (nvidia-smi finds none)." >&2; exit 77; }
architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | tr -d '. ' | sort -u |
  paste -s -d ';')

cmake -S "$here" -B "$folder" -D CMAKE_CUDA_ARCHITECTURES="$architectures" \
  >"$folder/cmake.log" 2>&1 || { cat "$folder/cmake.log" >&2; exit 1; }
cmake --build "$folder" --parallel "$(nproc)"
"$folder/bench" "$folder/results.json"
echo "results.json is in $folder."
