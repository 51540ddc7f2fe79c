#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs all tests that need a GPU, prints a table and writes a JSON file. It needs the
# CUDA toolkit (12.8 or newer), CMake and a C++20 compiler, and nothing from a network.
#
# Usage: tests/gpu/run_on_gpu.sh [BUILD_FOLDER]       (default: build/gpu_tests)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C PATH=$PATH:/usr/local/cuda/bin
folder=${1:-$here/../../build/gpu_tests}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

command -v nvcc >/dev/null || { echo "There is no nvcc: the CUDA toolkit is missing." >&2; exit 1; }
device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1) || device=
[[ -n $device ]] || { echo "There is no GPU here (nvidia-smi finds none)." >&2; exit 77; }
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
toolkit=$(nvcc --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')

cmake -S "$here/device" -B "$folder" -D CMAKE_CUDA_ARCHITECTURES="$architecture" >"$folder/cmake.log" ||
  { cat "$folder/cmake.log" >&2; exit 1; }
cmake --build "$folder" --parallel

# Which tools of compute-sanitizer work here: not all machines let it in.
tools=(plain)
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    if compute-sanitizer --tool "$tool" --error-exitcode 9 "$folder/values" \
      >"$folder/values.$tool.try.log" 2>&1; then
      tools+=("$tool")
    else
      case $? in
        9 | 1) tools+=("$tool") ;; # it ran and found something: the table has to show it
        *) echo "compute-sanitizer's $tool does not work here (see $folder/values.$tool.try.log)" ;;
      esac
    fi
  done
fi

failed=0 rows=()
printf '%-12s %-10s %-8s %8s %8s %8s\n' program tool result passed failed seconds
for program in selectors spreads values verbs; do
  for tool in "${tools[@]}"; do
    log=$folder/$program.$tool.log
    start=$(date +%s.%N)
    status=0
    if [[ $tool == plain ]]; then
      "$folder/$program" >"$log" 2>&1 || status=$?
    else
      compute-sanitizer --tool "$tool" --error-exitcode 9 "$folder/$program" >"$log" 2>&1 || status=$?
    fi
    seconds=$(echo "$start $(date +%s.%N)" | awk '{printf "%.1f", $2 - $1}')
    good=$(grep -c '^passed ' "$log" || true)
    bad=$(grep -c '^FAILED ' "$log" || true)
    result=ok
    if ((status != 0)); then
      result=FAILED failed=1
    fi
    printf '%-12s %-10s %-8s %8s %8s %8s\n' "$program" "$tool" "$result" "$good" "$bad" "$seconds"
    rows+=("{\"program\": \"$program\", \"tool\": \"$tool\", \"result\": \"$result\", \"exit\": $status, \"passed\": $good, \"failed\": $bad, \"seconds\": $seconds}")
  done
done
{
  printf '{"device": "%s", "architecture": "sm_%s", "toolkit": "%s", "date": "%s", "results": [\n' \
    "$device" "$architecture" "$toolkit" "$(date -u +%Y-%m-%d)"
  printf '%s,\n' "${rows[@]}" | sed '$ s/,$//'
  printf ']}\n'
} >"$folder/results.json"
echo "Logs and results.json are in $folder."
exit "$failed"
