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
device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1) || device=
[[ -n $device ]] || { echo "There is no GPU here (nvidia-smi finds none)." >&2; exit 77; }
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)

cmake -S "$here" -B "$folder" -D CMAKE_CUDA_ARCHITECTURES="$architecture" >"$folder/cmake.log" ||
  { cat "$folder/cmake.log" >&2; exit 1; }
cmake --build "$folder" --parallel
echo "$(date -u +%Y-%m-%d), driver $(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)"
"$folder/bench" "$folder/results.json"
echo "results.json is in $folder."
