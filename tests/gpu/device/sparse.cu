// SPDX-License-Identifier: MIT
// The kernels of sparse bit faults, for check_kernels.py: no local memory, no calls, no
// double-precision arithmetic.
#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/embedded.hpp>

#include <cstdint>

namespace {

using namespace bitfault;

template <class T, class... Injector>
status apply_all(cudaStream_t stream, T* data, index_t size, const Injector&... injector) {
  const fault_key key{.seed = 1};
  status all;
  ((all = detail::first_refusal(
        all, injector.apply(on(stream), device_view<T>(data, extents{size}), key))),
   ...);
  return all;
}

} // namespace

bitfault::status sparse_floats(cudaStream_t stream, float* data, bitfault::index_t size,
                               bitfault::span<const bitfault::index_t> list) {
  return apply_all(stream, data, size, make_injector(bit_flip{}, exactly{100}),
                   make_injector(stuck_at_1{}, exactly{100}, bits::exponent{}),
                   make_injector(bit_flip{}, exactly_elements{100}, bits::given{3, from_msb(0)}),
                   make_injector(stuck_at_0{}, rate::per_bit(1e-6)),
                   make_injector(bit_flip{}, rate::per_element(1e-4), bits::adjacent{5}),
                   make_injector(bit_flip{}, at{list}, bits::mantissa{}));
}

bitfault::status sparse_bytes(cudaStream_t stream, std::int8_t* data, bitfault::index_t size) {
  return apply_all(stream, data, size, make_injector(bit_flip{}, exactly{100}),
                   make_injector(stuck_at_1{}, rate::per_bit(1e-3)));
}

bitfault::status sparse_halves(cudaStream_t stream, bitfault::half* data, bitfault::index_t size) {
  return apply_all(stream, data, size, make_injector(bit_flip{}, exactly{100}),
                   make_injector(stuck_at_0{}, rate::per_bit(1e-3), burst{2}));
}
