// SPDX-License-Identifier: MIT
#pragma once

#include "device_executor.hpp"

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

/// Injection in the memory of a CUDA device. For nvcc with `-Werror all-warnings`: without it, a
/// fault model without BITFAULT_FN compiles to a kernel that does something else. (`-Werror
/// cross-execution-space-call` lets one pass whose call operator is constexpr.)
namespace bitfault {

/// What a captured graph reads from device memory each time it runs, in place of the key's own.
struct trial_and_step {
  std::uint64_t trial = 0;
  std::uint32_t step = 0;
};

namespace detail {

inline constexpr unsigned threads_per_block = 256;

/// The one kernel of `apply`. The draw is started once for a block, in shared memory, so that round
/// keys cost no local memory; with `from`, trial and step come from device memory.
template <class Work>
__global__ void __launch_bounds__(threads_per_block)
    do_work(const __grid_constant__ Work work, fault_key key, const trial_and_step* from) {
  using started = typename Work::started;
  static_assert(std::is_trivially_destructible_v<started>);
  __shared__ alignas(started) unsigned char room[sizeof(started)];
  if (threadIdx.x == 0) {
    if (from != nullptr) {
      key.trial = from->trial;
      key.step = from->step;
    }
    ::new (static_cast<void*>(room)) started(work.begin(key));
  }
  __syncthreads();
  if constexpr (Work::helpers != 0) {
    if (threadIdx.x < Work::helpers)
      Work::help(*reinterpret_cast<started*>(room), threadIdx.x);
    __syncthreads();
  }
  const started& s = *reinterpret_cast<const started*>(room);
  const index_t items = work.items();
  const index_t stride = index_t{gridDim.x} * blockDim.x;
  for (index_t item = index_t{blockIdx.x} * blockDim.x + threadIdx.x; item < items; item += stride)
    work(item, s);
}

/// The kernel of what needs no draw.
template <class F>
__global__ void __launch_bounds__(threads_per_block)
    do_each(const __grid_constant__ F f, index_t items) {
  const index_t stride = index_t{gridDim.x} * blockDim.x;
  for (index_t item = index_t{blockIdx.x} * blockDim.x + threadIdx.x; item < items; item += stride)
    f(item);
}

/// The next trial of a graph.
template <class Counter>
__global__ void count_one(Counter* t) {
  ++t->trial;
}

/// CUDA's error as a status whose place is CUDA's own name for it.
inline status cuda_status(cudaError_t e) noexcept {
  if (e == cudaSuccess)
    return {};
  return {refusal::device_error, 0, static_cast<std::uint64_t>(e), 0, cudaGetErrorName(e)};
}

/// Starts a kernel; says why that one could not be started. `<<< >>>` would leave that to
/// cudaGetLastError, which also gives errors of calls before.
template <class... Parameter>
status launch(cudaStream_t stream, unsigned blocks, unsigned threads, void (*kernel)(Parameter...),
              std::type_identity_t<Parameter>... arguments) noexcept {
  cudaLaunchConfig_t where{};
  where.gridDim = dim3(blocks);
  where.blockDim = dim3(threads);
  where.stream = stream;
  return cuda_status(cudaLaunchKernelEx(&where, kernel, arguments...));
}

/// A CUDA stream of the caller.
class cuda_system {
public:
  explicit cuda_system(cudaStream_t stream) noexcept : stream_(stream) {}

  template <class Work>
  status run(const Work& work, const fault_key& key) const noexcept {
    static_assert(sizeof(Work) <= 4000, "bitfault: on(stream): the policies take more than the "
                                        "4 KB that a kernel's arguments may have");
    unsigned blocks = 0;
    if (const status s = blocks_for(work.items(), blocks); !s.ok() || blocks == 0)
      return s;
    return launch(stream_, blocks, threads_per_block, do_work<Work>, work, key, from_);
  }
  template <class F>
  status for_each(index_t items, const F& f) const noexcept {
    unsigned blocks = 0;
    if (const status s = blocks_for(items, blocks); !s.ok() || blocks == 0)
      return s;
    return launch(stream_, blocks, threads_per_block, do_each<F>, f, items);
  }

  /// Whether kernels of the stream can reach the bytes of a tensor.
  status check(const void* begin, const void* end) const noexcept {
    int device = 0;
    if (const status s = device_of_stream(device); !s.ok())
      return s;
    cudaPointerAttributes where{};
    if (const status s = attributes(begin, where); !s.ok())
      return s;
    if (where.type == cudaMemoryTypeUnregistered)
      return pageable(device);
    if (where.type == cudaMemoryTypeDevice && where.device != device)
      return cuda_status(cudaErrorInvalidDevice);
    if (where.type == cudaMemoryTypeHost && where.devicePointer != begin)
      return cuda_status(cudaErrorInvalidDevicePointer); // pinned, but not at this address
    return check_size(begin, end);
  }
  status check_list(const void* p) const noexcept { return check(p, p); }
  /// Whether the host may follow a pointer.
  static status check_host(const void* p) noexcept {
    cudaPointerAttributes where{};
    const cudaError_t e = cudaPointerGetAttributes(&where, p);
    if (e == cudaErrorInvalidValue || e == cudaErrorNoDevice || e == cudaErrorInsufficientDriver) {
      static_cast<void>(cudaGetLastError()); // no memory of a device, or none that CUDA knows
      return {};
    }
    return cuda_status(e != cudaSuccess                     ? e
                       : where.type == cudaMemoryTypeDevice ? cudaErrorInvalidHostPointer
                                                            : cudaSuccess);
  }

  status allocate(index_t bytes, void*& memory) const noexcept {
    return cuda_status(cudaMallocAsync(&memory, bytes, stream_));
  }
  void release(void* memory) const noexcept { static_cast<void>(cudaFreeAsync(memory, stream_)); }
  status zero(void* memory, index_t bytes) const noexcept {
    return cuda_status(cudaMemsetAsync(memory, 0, bytes, stream_));
  }
  status copy_to_host(void* to, const void* from, index_t bytes) const noexcept {
    const cudaError_t e = cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_);
    return cuda_status(e != cudaSuccess ? e : cudaStreamSynchronize(stream_));
  }
  cudaStream_t stream() const noexcept { return stream_; }

protected:
  cuda_system(cudaStream_t stream, const trial_and_step* from) noexcept
      : stream_(stream), from_(from) {}
  const trial_and_step* key_from() const noexcept { return from_; }

private:
  /// Enough blocks to fill the device several times over: each starts a draw of its own, so that
  /// more would cost more.
  static status blocks_for(index_t items, unsigned& blocks) noexcept {
    constexpr index_t per_processor = 32;
    int device = 0, processors = 0;
    cudaError_t e = cudaGetDevice(&device);
    if (e == cudaSuccess)
      e = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    if (e != cudaSuccess)
      return cuda_status(e);
    const index_t most = static_cast<index_t>(processors) * per_processor;
    const index_t wanted = items / threads_per_block + (items % threads_per_block != 0 ? 1 : 0);
    blocks = static_cast<unsigned>(wanted < most ? wanted : most);
    return {};
  }
  /// The stream's device has to be the current one, as for every launch into it.
  status device_of_stream(int& device) const noexcept {
    const cudaError_t e = cudaGetDevice(&device);
    if (e != cudaSuccess)
      return cuda_status(e);
#if CUDART_VERSION >= 12080
    int of_stream = device;
    const cudaError_t s = cudaStreamGetDevice(stream_, &of_stream);
    if (s == cudaErrorCallRequiresNewerDriver)
      static_cast<void>(cudaGetLastError()); // it cannot be told
    else if (s != cudaSuccess)
      return cuda_status(s);
    if (of_stream != device)
      return cuda_status(cudaErrorInvalidDevice);
#endif
    return {};
  }
  static status attributes(const void* p, cudaPointerAttributes& where) noexcept {
    const cudaError_t e = cudaPointerGetAttributes(&where, p);
    if (e == cudaErrorInvalidValue) { // how older toolkits say "not mine"
      static_cast<void>(cudaGetLastError());
      where.type = cudaMemoryTypeUnregistered;
      return {};
    }
    return cuda_status(e);
  }
  /// Ordinary host memory: only some devices reach it.
  static status pageable(int device) noexcept {
    int reaches = 0;
    const cudaError_t e = cudaDeviceGetAttribute(&reaches, cudaDevAttrPageableMemoryAccess, device);
    if (e != cudaSuccess)
      return cuda_status(e);
    return reaches != 0 ? status{} : cuda_status(cudaErrorInvalidDevicePointer);
  }
  /// Whether the allocation in which `begin` lies goes to `end`, where the driver tells.
  static status check_size(const void* begin, const void* end) noexcept {
    static const driver_calls driver = find_driver_calls();
    if (driver.range == nullptr || begin == end)
      return {};
    const auto first = reinterpret_cast<std::uintptr_t>(begin);
    const auto last = reinterpret_cast<std::uintptr_t>(end);
    std::uintptr_t base = 0;
    std::size_t size = 0;
    if (driver.range(&base, &size, first) != 0)
      return {}; // it cannot be told
    // Of memory that was mapped piece by piece (expandable segments) the driver tells one piece.
    std::uintptr_t past = base + size;
    const bool in_pieces = past < last && driver.is_mapped(begin);
    while (in_pieces && past < last && driver.range(&base, &size, past) == 0 && size != 0)
      past = base + size;
    if (last <= past)
      return {};
    return {refusal::sizes_differ, 0, past - first, last - first,
            "on(stream): bytes in the allocation, and bytes that are used of it"};
  }
  /// The driver's calls that the runtime does not have.
  struct driver_calls {
    int (*range)(std::uintptr_t*, std::size_t*, std::uintptr_t) = nullptr; // cuMemGetAddressRange
    int (*retain)(unsigned long long*, void*) = nullptr; // cuMemRetainAllocationHandle
    int (*release)(unsigned long long) = nullptr;        // cuMemRelease

    /// Whether memory was mapped by cuMemMap.
    bool is_mapped(const void* p) const noexcept {
      unsigned long long handle = 0;
      if (retain == nullptr || release == nullptr || retain(&handle, const_cast<void*>(p)) != 0)
        return false;
      release(handle);
      return true;
    }
  };
  static driver_calls find_driver_calls() noexcept {
    driver_calls found;
    find(found.range, "cuMemGetAddressRange");
    find(found.retain, "cuMemRetainAllocationHandle");
    find(found.release, "cuMemRelease");
    return found;
  }
  template <class Function>
  static void find(Function& call, const char* name) noexcept {
    void* entry = nullptr;
    cudaDriverEntryPointQueryResult found{};
    if (cudaGetDriverEntryPointByVersion(name, &entry, 12000, cudaEnableDefault, &found) ==
            cudaSuccess &&
        found == cudaDriverEntryPointSuccess)
      call = reinterpret_cast<Function>(entry);
  }

  cudaStream_t stream_;
  const trial_and_step* from_ = nullptr;
};

/// One whose kernels read trial and step from device memory.
class cuda_graph_system : public cuda_system {
public:
  static constexpr bool key_in_device_memory = true;
  cuda_graph_system(cudaStream_t stream, const trial_and_step* from) noexcept
      : cuda_system(stream, from) {}
  status check(const void* begin, const void* end) const noexcept {
    const status s = check_state(*this, key_from());
    return s.ok() ? cuda_system::check(begin, end) : s;
  }
  /// Whether kernels can reach a trial and step.
  static status check_state(const cuda_system& system, const trial_and_step* state) noexcept {
    if (state == nullptr)
      return {refusal::null_data, 0, 1, 0, "trial_and_step"};
    const status s = check_alignment(state, alignof(trial_and_step), "trial_and_step");
    return s.ok() ? system.check(state, state + 1) : s;
  }
};

} // namespace detail

/// Runs kernels on a CUDA stream of the caller: `injector.apply(on(stream), device_view{pointer,
/// extents}, key)`. Nothing waits for the device; `apply` does not allocate and can be captured in
/// a graph. A status tells what is wrong with the call; what goes wrong while the kernel runs comes
/// from CUDA itself, as for any kernel.
inline device_executor<detail::cuda_system> on(cudaStream_t stream) noexcept {
  return device_executor<detail::cuda_system>{detail::cuda_system(stream)};
}

/// The same for a graph that is captured once and run many times: trial and step are read from
/// device memory when the kernel runs, in place of the key's, and the draw is made from them there.
/// For `apply` and `reapply`.
inline device_executor<detail::cuda_graph_system>
on(cudaStream_t stream, const trial_and_step* in_device_memory) noexcept {
  return device_executor<detail::cuda_graph_system>{
      detail::cuda_graph_system(stream, in_device_memory)};
}

/// Whether the host can inject into a view, `view(pointer, extents)`, of which it is not sure whose
/// memory it is: that of a device alone is refused as cudaErrorInvalidHostPointer. The host's verbs
/// know no CUDA and would follow the pointer.
template <class View>
status host_reaches(const View& view) noexcept {
  static_assert(
      !requires { View::on_device; },
      "bitfault: host_reaches: a device_view is of device memory by its type");
  return view.extents().size() == 0 ? status{} : detail::cuda_system::check_host(view.address(0));
}

/// A kernel that adds 1 to the trial in device memory: the last one of a graph of one trial.
inline status count_trial(cudaStream_t stream, trial_and_step* in_device_memory) noexcept {
  if (const status s =
          detail::cuda_graph_system::check_state(detail::cuda_system(stream), in_device_memory);
      !s.ok())
    return s;
  return detail::launch(stream, 1, 1, detail::count_one<trial_and_step>, in_device_memory);
}

} // namespace bitfault
