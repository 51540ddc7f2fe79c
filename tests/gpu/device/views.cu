// SPDX-License-Identifier: MIT
// Tensors of others in device memory: thrust::device_vector, DLPack, a boolean mask's elements.
#include "combinations.cuh"

#include "../../support/like_dltensor.hpp"

#include <bitfault/backends/thrust/thrust.cuh>
#include <bitfault/integrations/dlpack.hpp>

#include <thrust/copy.h>
#include <thrust/device_vector.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace device_test;

namespace {

const auto injector = make_injector(stuck_at_1{}, exactly{300});

void device_vectors() {
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  injector.apply(view(expected), key).or_throw();
  thrust::device_vector<float> vector(golden.begin(), golden.end());
  check(injector.apply(on(cudaStream_t{}), vector, key).ok(), "device_vector: apply");
  must(cudaDeviceSynchronize(), "device_vector");
  std::vector<float> found(size);
  thrust::copy(vector.begin(), vector.end(), found.begin());
  check(same_bytes(found, expected), "device_vector: the host's words");
}

void dlpack_tensors() {
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  injector.apply(view(expected.data(), shape), key).or_throw();
  const device_array<float> memory(golden);
  std::int64_t sizes[4] = {4, 6, 5, 7}, distances[4] = {1, 320, -64, 9};
  const like_dltensor dense{memory.data(), {2, 0}, 4, {2, 32, 1}, sizes, nullptr, 0};
  check(injector.apply(on(cudaStream_t{}), device_view_as<float>(dense), key).ok(),
        "DLPack: apply");
  must(cudaDeviceSynchronize(), "DLPack");
  check(same_bytes(memory.get(), expected), "DLPack: the host's words");

  // Axes in another order, the rows backwards, and gaps.
  const std::vector<float> before = any_bits<float>(6 * 320, 97);
  auto wanted = before;
  injector.apply(view(wanted.data() + 256, extents{4, 6, 5, 7}, strides<4>{1, 320, -64, 9}), key)
      .or_throw();
  const device_array<float> wide(before);
  const like_dltensor strided{wide.data() + 256, {2, 0}, 4, {2, 32, 1}, sizes, distances, 0};
  check(injector.apply(on(cudaStream_t{}), strided_device_view_as<float>(strided), key).ok(),
        "DLPack with strides: apply");
  must(cudaDeviceSynchronize(), "DLPack with strides");
  check(same_bytes(wide.get(), wanted), "DLPack with strides: the host's words");

  sizes[3] = 1 << 20; // 420 MB
  check(injector.apply(on(cudaStream_t{}), device_view_as<float>(dense), key).reason ==
            refusal::sizes_differ,
        "DLPack: larger than its allocation");
}

/// A mask's elements, copied to where the device reads them.
void boolean_masks() {
  std::vector<std::uint8_t> mask(size);
  for (index_t i = 0; i < size; i += 3)
    mask[i] = 1;
  const auto chosen = where(mask);
  const list_of<index_t> copy(chosen.numbers().begin(), chosen.numbers().end());
  const auto on_host = make_injector(bit_flip{}, exactly{200}, chosen.region());
  const auto on_device =
      make_injector(bit_flip{}, exactly{200}, elements{span<const index_t>(copy)});
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  on_host.apply(view(expected), key).or_throw();
  const device_array<float> memory(golden);
  check(on_device.apply(on(cudaStream_t{}), device_view<float>(memory.data(), extents{size}), key)
            .ok(),
        "boolean mask: apply");
  must(cudaDeviceSynchronize(), "boolean mask");
  check(same_bytes(memory.get(), expected), "boolean mask: the host's words");
}

} // namespace

int main() {
  if (const int skipped = begin(); skipped != 0)
    return skipped;
  device_vectors();
  dlpack_tensors();
  boolean_masks();
  return end();
}
