// SPDX-License-Identifier: MIT
#pragma once

#include "view.hpp"

#if __has_include(<ATen/core/Tensor.h>)

#include "../../core/error.hpp"
#include "../../core/extents.hpp"
#include "../../core/status.hpp"
#include "../../views/device.hpp"
#include "../../views/strided.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

/// Views of an `at::Tensor` in CUDA memory, for a device backend: `injector.apply(on(stream),
/// device_view_as<float>(t), key)`. As `view_as` has it, a view does not own, and autograd does not
/// see what is written through one: see `note_write`. Nothing of CUDA is included or linked.
/// Hosted.
namespace bitfault {

namespace detail {

/// What a tensor in CUDA memory says of it, checked.
template <class T>
torch_layout read_device_torch(const ::at::Tensor& t, const char* place) {
  torch_layout layout;
  check_torch_type<T>(t, place).or_throw();
  read_torch(t, layout, place, ::at::kCUDA).or_throw();
  return layout;
}

} // namespace detail

/// A view of a dense, row-major tensor in CUDA memory whose elements are T (or const T); for other
/// strides there is `strided_device_view_as`. Throws `error` with the reasons of `can_view_as`,
/// where the memory has to be CUDA's. Whether it is the current device's is checked where faults
/// are injected.
template <class T>
device_view<T, max_dynamic_rank> device_view_as(const ::at::Tensor& t) {
  const auto layout = detail::read_device_torch<T>(t, "device_view_as(Tensor)");
  const auto dense = row_major_strides(layout.sizes);
  for (std::size_t axis = 0; axis < layout.sizes.rank && !layout.contiguous; ++axis)
    if (layout.sizes[axis] != 1 && layout.distances[axis] != dense[axis])
      status{refusal::unsupported_layout, static_cast<std::uint32_t>(axis),
             static_cast<std::uint64_t>(layout.distances[axis]),
             static_cast<std::uint64_t>(dense[axis]),
             "device_view_as(Tensor), stride; strided_device_view_as takes any"}
          .or_throw();
  return {detail::torch_memory<T>(t), layout.sizes};
}

/// The same for any strides without overlap. Faults take longer to find their place in it than in a
/// dense view.
template <class T>
strided_device_view<T, max_dynamic_rank> strided_device_view_as(const ::at::Tensor& t) {
  const auto layout = detail::read_device_torch<T>(t, "strided_device_view_as(Tensor)");
  return {detail::torch_memory<T>(t), layout.sizes, layout.distances};
}

} // namespace bitfault

#endif
