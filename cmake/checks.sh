# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154  # what is needed is declared in the file that reads this one
# What each `./run check NAME` does. Read by `run`, whose functions it uses, in the top folder.

check_asan() {
  need "${need_build[@]}" "${need_test[@]}"
  build asan
  test_with asan --label-exclude source
}

check_tsan() {
  need "${need_build[@]}" "${need_test[@]}"
  build tsan test_backends
  # ThreadSanitizer of this age does not bear as much address randomisation as newer kernels use.
  # shellcheck disable=SC2034  # `run` uses it
  setarch "$(uname -m)" -R true 2>/dev/null && test_prefix=(setarch "$(uname -m)" -R)
  test_with tsan --label-regex threads
}

check_long() { # test cases tagged [.long]
  need "${need_build[@]}" "${need_test[@]}"
  local room rooms
  rooms=$(grep -rlF '[.long]' tests --include='*.cpp' | cut -d / -f 2 | sort -u)
  [[ -n $rooms ]] || stop "No test is tagged [.long]."
  for room in $rooms; do
    build test "test_$room"
    "build/test/tests/test_$room" '[long]' --warn NoAssertions </dev/null
  done
}

check_clang() {
  need "${need_build[@]}" "${need_test[@]}" "${need_clang[@]}"
  build clang
  # Of the tests of the source, those of diagnostics: what they say is a promise under clang too.
  test_with clang --exclude-regex '^(source|packaging|freestanding|codegen): '
}

core_rooms=(core fault_list faults formats injector random selectors space views)

check_clang-core() {
  need "${need_build[@]}" "${need_test[@]}" "${need_clang[@]}"
  build clang "${core_rooms[@]/#/test_}"
  test_with clang --tests-regex "^($(IFS='|' && printf '%s' "${core_rooms[*]}")): "
}

check_tidy() {
  need "${need_build[@]}" "${need_test[@]}" "${need_tidy[@]}"
  # One file that includes every header, so that each is read once. LibTorch's are g++'s to read.
  mkdir -p build/tidy
  find include/bitfault -name '*.hpp' ! -path '*/integrations/torch*' | sort |
    sed 's,^include/\(.*\)$,#include <\1>,' >build/tidy/all_headers.cpp
  # shellcheck disable=SC2046  # several flags
  clang-tidy-14 --quiet --config-file=.clang-tidy --header-filter='include/bitfault' \
    build/tidy/all_headers.cpp -- -std=c++20 -I include -isystem /usr/include/eigen3 $(mpi_flags)
}

# Where mpi.h lies; MPI has a folder of its own everywhere.
mpi_flags() { mpicc --showme:compile 2>/dev/null | tr ' ' '\n' | sed -n 's/^-I/-isystem /p'; }

sources() { find include tests benchmarks examples tools -name '*.[hc]pp' -o -name '*.cu' -o -name '*.cuh'; }

check_format() {
  need "${need_format[@]}"
  sources | sort | xargs clang-format-14 --dry-run -Werror
  say "format: $(sources | wc -l) files"
}

check_headers() {
  need "${need_build[@]}" "${need_test[@]}"
  # shellcheck disable=SC2046  # several flags
  python3 cmake/check_headers.py --jobs "$jobs" include g++ -isystem /usr/include/eigen3 \
    $(mpi_flags)
}

check_layers() {
  need 'python3|python3'
  python3 cmake/check_layers.py include
}

check_parse() {
  need "${need_build[@]}"
  python3 cmake/measure_parse_time.py bitfault/embedded.hpp include g++
}

check_freestanding() {
  need "${need_build[@]}"
  local source
  for source in tests/freestanding/*.cpp; do
    [[ -e $source ]] || stop "tests/freestanding has no .cpp file."
    python3 tests/freestanding/check_freestanding.py "$source" g++ -I include
  done
}

check_single() {
  need "${need_build[@]}"
  cmake -D WAY=single -D "BITFAULT_SOURCE=$PWD" -D "FOLDER=$PWD/build/single" \
    -D CMAKE_CXX_COMPILER=g++ -D PYTHON=python3 -P tests/packaging/consume.cmake
}

check_embedded() {
  need "${need_build[@]}" "${need_embedded[@]}"
  local toolchain folder failed=0
  for toolchain in s390x-linux-gnu arm-none-eabi; do
    folder=build/embedded/$toolchain
    mkdir -p "$folder"
    if ! cmake -S tests/embedded/cross -B "$folder" -G Ninja -D CMAKE_BUILD_TYPE=Release \
      --toolchain "$PWD/cmake/toolchains/$toolchain.cmake" >"$folder/configure.log" 2>&1; then
      cat "$folder/configure.log" >&2
      stop "CMake could not configure $folder."
    fi
    cmake --build "$folder" --parallel "$jobs" && test_with "embedded/$toolchain" || failed=1
  done
  return "$failed"
}

check_cuda() {
  local nvcc project folder
  need "${need_build[@]}" "${need_test[@]}" 'libthrust-dev|thrust/for_each.h'
  configure test
  cmake -D BITFAULT_GPU_TESTS=ON build/test >build/cuda.configure.log
  cmake --build build/test --parallel "$jobs" --target test_gpu
  build/test/tests/gpu/test_gpu
  # The campaign of the example, its layers in a loop: where there is the demo network.
  if grep -q cuda_inference_on_the_host build/test/build.ninja; then
    cmake --build build/test --parallel "$jobs" --target cuda_inference_on_the_host
    build/test/tests/gpu/cuda_inference_on_the_host
  fi
  nvcc=$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc) || {
    say "cuda: left out, because there is no nvcc here."
    return 0
  }
  python3 tests/gpu/device/test_check_kernels.py "$nvcc"
  python3 tests/gpu/device/check_kernels.py --nvcc "$nvcc" include tests/gpu/device/sparse.cu
  python3 tests/gpu/device/test_refusals.py "$nvcc" include
  for project in tests/gpu/device benchmarks/gpu examples/cuda_inference; do
    folder=build/cuda/$project
    mkdir -p "$folder"
    if ! cmake -S "$project" -B "$folder" -G Ninja -D CMAKE_CUDA_COMPILER="$nvcc" \
      >"$folder/configure.log" 2>&1; then
      cat "$folder/configure.log" >&2
      stop "CMake could not configure $folder."
    fi
    cmake --build "$folder" --parallel "$jobs"
  done
  test_with cuda/tests/gpu/device
  test_with cuda/examples/cuda_inference
}

check_fuzz() {
  need "${need_clang[@]}"
  local target flags=(-std=c++20 -O1 -g1 -I "$PWD/examples" -fno-sanitize-recover=all)
  mkdir -p build/fuzz && rm -f build/fuzz/*.o
  (cd build/fuzz && clang++-14 "${flags[@]}" -fsanitize=fuzzer-no-link,address,undefined \
    -c "$OLDPWD"/examples/spiking/events/*.cpp)
  for target in aedat nmnist labels; do
    mkdir -p "build/fuzz/corpus/$target"
    clang++-14 "${flags[@]}" -fsanitize=fuzzer,address,undefined "tests/fuzz/$target.cpp" \
      build/fuzz/*.o -o "build/fuzz/$target"
    # What is new goes to the first folder. 64 MiB at once would be the size that a file states.
    if ! "build/fuzz/$target" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" \
      -max_total_time=20 -timeout=10 -malloc_limit_mb=64 -artifact_prefix="build/fuzz/$target-" \
      >"build/fuzz/$target.log" 2>&1; then
      tail -n 40 "build/fuzz/$target.log" >&2
      stop "fuzz: $target fails; the input is in build/fuzz/$target-*, to be kept in tests/fuzz/corpus/$target."
    fi
    say "fuzz: $target: $(grep '^Done ' "build/fuzz/$target.log")"
  done
}
