// SPDX-License-Identifier: MIT
#pragma once

#include "device_executor.hpp"

#include <thrust/device_vector.h>
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

namespace bitfault {

namespace detail {

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
template <class Policy>
std::true_type is_cuda(const ::thrust::cuda_cub::execution_policy<Policy>*);
#endif
std::false_type is_cuda(...);

/// A work and its draw, as the function that Thrust calls.
template <class Work>
struct started_work {
  const Work* work;
  const typename Work::started* started;
  BITFAULT_FN void operator()(index_t item) const noexcept { (*work)(item, *started); }
};

/// The device systems of Thrust whose memory is the host's: CPP, OMP, TBB. Calls return when the
/// work is done.
template <class Policy>
class thrust_system {
public:
  explicit thrust_system(const Policy& policy) noexcept : policy_(policy) {}

  template <class Work>
  status run(const Work& work, const fault_key& key) const noexcept {
    const auto started = work.start(key);
    return for_each(work.items(), started_work<Work>{&work, &started});
  }
  template <class F>
  status for_each(index_t items, const F& f) const noexcept {
    ::thrust::for_each(policy_, ::thrust::counting_iterator<index_t>(0),
                       ::thrust::counting_iterator<index_t>(items), f);
    return {};
  }
  status check(const void*, const void*) const noexcept { return {}; }
  status check_list(const void*) const noexcept { return {}; }
  status allocate(index_t bytes, void*& memory) const noexcept {
    memory = ::operator new (bytes, std::align_val_t{16}, std::nothrow);
    if (memory == nullptr)
      return {refusal::space_too_large, 0, bytes, 64, "out of memory"};
    return {};
  }
  void release(void* memory) const noexcept { ::operator delete (memory, std::align_val_t{16}); }
  status zero(void* memory, index_t bytes) const noexcept {
    std::memset(memory, 0, bytes);
    return {};
  }
  status copy_to_host(void* to, const void* from, index_t bytes) const noexcept {
    std::memcpy(to, from, bytes);
    return {};
  }

private:
  Policy policy_;
};

} // namespace detail

/// Runs kernels on a device system of Thrust that needs no GPU: `on(thrust::omp::par)`,
/// `on(thrust::cpp::par)`. Device views there are of ordinary memory.
template <class Policy>
  requires(!std::is_pointer_v<Policy>)
device_executor<detail::thrust_system<Policy>> on(const Policy& policy)
noexcept {
  static_assert(!decltype(detail::is_cuda(&policy))::value,
                "bitfault: on: for a GPU include bitfault/backends/thrust/cuda.cuh and give it the "
                "stream, on(stream)");
  return device_executor<detail::thrust_system<Policy>>{detail::thrust_system<Policy>(policy)};
}

/// `view(v)` of a thrust::device_vector is a device_view.
template <class T, class Allocator>
struct view_of<::thrust::device_vector<T, Allocator>> {
  static constexpr bool borrows = false;
  template <class Y>
  BITFAULT_FN static auto make(Y& v) noexcept {
    auto* const data = ::thrust::raw_pointer_cast(v.data());
    return device_view<std::remove_pointer_t<decltype(data)>>(
        const_cast<std::remove_pointer_t<decltype(data)>*>(data),
        extents<1>(static_cast<index_t>(v.size())));
  }
};

} // namespace bitfault
