// SPDX-License-Identifier: MIT
#pragma once

#include "inject.hpp"

#if __has_include(<ATen/core/Tensor.h>)

#include "../../core/error.hpp"
#include "../../core/status.hpp"
#include "../../random/fault_key.hpp"
#include "../../views/device.hpp"

#include <type_traits>

/// Faults in tensors in CUDA memory: `apply` and `scoped` of inject.hpp with a device's executor,
/// `on(stream)` of <bitfault/backends/thrust/cuda.cuh>, between injector and tensor. The stream has
/// to be the one that works on the tensor, such as `at::cuda::getCurrentCUDAStream().stream()`.
/// Nothing waits for it. Hosted.
namespace bitfault {

namespace detail {

template <class Types, class F>
decltype(auto) visit_device_types(const ::at::Tensor& t, F&& f) {
  using result =
      std::invoke_result_t<F&, device_view<decltype(first_type(Types{})), max_dynamic_rank>>;
  torch_layout layout;
  read_torch(t, layout, "on(stream), Tensor", ::at::kCUDA).or_throw();
  const auto on_device = [&](const auto& v) {
    using view = std::remove_cvref_t<decltype(v)>;
    using T = typename view::element_type;
    if constexpr (view::contiguous)
      return f(device_view<T, max_dynamic_rank>(v.data(), layout.sizes));
    else
      return f(strided_device_view<T, max_dynamic_rank>(v.data(), layout.sizes, layout.distances));
  };
  return torch_visit<result>(t, layout, on_device, Types{});
}

} // namespace detail

/// `apply(injector, tensor, key)` for a tensor in CUDA memory: the same faults, injected by
/// `device`, and autograd is told of the write. Each element type that may come is a kernel (dense)
/// or two; `apply<float>(...)` compiles those of one.
template <class... T, class Injector, class Executor>
  requires(Executor::on_device)
status apply(const Injector& injector, const Executor& device, const ::at::Tensor& t,
             const fault_key& key) {
  status s;
  try {
    s = detail::visit_device_types<detail::torch_types_or<detail::torch_floats, T...>>(
        t, [&](const auto& view) -> status { return injector.apply(device, view, key); });
  } catch (const error& refused) { // the tensor cannot be viewed
    return refused.why();
  }
  if (s.ok())
    note_write(t);
  return s;
}

/// `scoped(injector, tensor, key)` for a tensor in CUDA memory: taken back on the stream, after
/// what was given to it meanwhile. An error of CUDA in taking back has nowhere to go; CUDA tells it
/// at the next wait.
template <class... T, class Injector, class Executor>
  requires(Executor::on_device)
tensor_fault_scope scoped(const Injector& injector, const Executor& device, const ::at::Tensor& t,
                          const fault_key& key) {
  return detail::visit_device_types<detail::torch_types_or<detail::torch_floats, T...>>(
      t, [&](const auto& view) {
        return tensor_fault_scope(t, injector.scoped(device, view, key), true);
      });
}

} // namespace bitfault

#endif
