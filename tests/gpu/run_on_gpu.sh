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
# `sed` reads to the end: a tool that cannot write to `head` any more would fail.
device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | sed -n 1p) || device=
[[ -n $device ]] || { echo "There is no GPU here (nvidia-smi finds none)." >&2; exit 77; }
# For each kind of GPU that is there, because CUDA may count them in another order.
architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | tr -d '. ' | sort -u |
  paste -s -d ';')
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | sed -n 1p)
toolkit=$(nvcc --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')

cmake -S "$here/device" -B "$folder" -D CMAKE_CUDA_ARCHITECTURES="$architectures" \
  >"$folder/cmake.log" 2>&1 || { cat "$folder/cmake.log" >&2; exit 1; }
cmake --build "$folder" --parallel "$(nproc)"

# Which tools of compute-sanitizer work here: not all machines let it in. Calls of CUDA that fail on
# purpose are no errors.
sanitize() { compute-sanitizer --tool "$1" --report-api-errors no --error-exitcode 9 "$2"; }
tools=(plain)
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    sanitize "$tool" "$folder/views" >"$folder/views.$tool.try.log" 2>&1 || true
    if grep -q SUMMARY "$folder/views.$tool.try.log"; then
      tools+=("$tool")
    else
      echo "compute-sanitizer's $tool does not work here (see $folder/views.$tool.try.log)"
    fi
  done
else
  echo "There is no compute-sanitizer here: the tests run without it."
fi

failed=0 rows=()
printf '%-12s %-10s %-8s %8s %8s %8s\n' program tool result passed failed seconds
for program in calls cudnn_calls verbs views selectors spreads values others; do
  for tool in "${tools[@]}"; do
    [[ $program != *calls || $tool == plain ]] || continue # they start no kernel
    log=$folder/$program.$tool.log
    start=$(date +%s.%N)
    status=0
    if [[ $tool == plain ]]; then
      "$folder/$program" >"$log" 2>&1 || status=$?
    else
      sanitize "$tool" "$folder/$program" >"$log" 2>&1 || status=$?
    fi
    seconds=$(echo "$start $(date +%s.%N)" | awk '{printf "%.1f", $2 - $1}')
    good=$(grep -c '^passed ' "$log" || true)
    bad=$(grep -c '^FAILED ' "$log" || true)
    result=ok
    if ((status == 77)); then
      result=skipped failed=1 # the driver has a GPU, and CUDA has none: the log says why
    elif ((status != 0)); then
      result=FAILED failed=1
    fi
    printf '%-12s %-10s %-8s %8s %8s %8s\n' "$program" "$tool" "$result" "$good" "$bad" "$seconds"
    rows+=("{\"program\": \"$program\", \"tool\": \"$tool\", \"result\": \"$result\", \"exit\": $status, \"passed\": $good, \"failed\": $bad, \"seconds\": $seconds}")
  done
done
named=$(sed -n 's/^device: //p' "$folder/verbs.plain.log" | sed -n 1p)
{
  printf '{"device": "%s", "architectures": "%s", "toolkit": "%s", "driver": "%s", "date": "%s", "results": [\n' \
    "${named:-$device}" "$architectures" "$toolkit" "$driver" "$(date -u +%Y-%m-%d)"
  printf '%s,\n' "${rows[@]}" | sed '$ s/,$//'
  printf ']}\n'
} >"$folder/results.json"
echo "Logs and results.json are in $folder."
exit "$failed"
