// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bfloat16.hpp"
#include "../core/element.hpp"
#include "../core/error.hpp"
#include "../core/half.hpp"
#include "../views/device.hpp"
#include "../views/strided.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

/// Views of a `DLTensor`, the C struct through which frameworks exchange tensors. Its element type
/// is known at run time only, so it is named (`view_as<float>(t)`) or found (`visit(t, f)`).
/// Nothing is included: the templates take whatever struct has DLTensor's members, be it from
/// <dlpack/dlpack.h>, <ATen/dlpack.h> or elsewhere. Hosted.
///
/// A view does not own: keep the DLManagedTensor, and call its deleter yourself, later. A DLTensor
/// does not say whether its memory may be written; `view_as<const T>` gives a view that cannot.
///
/// A `status` says an element type as code * 1000 + bits, so 2032 is a float of 32 bits; more than
/// one lane adds lanes * 1000000.
namespace bitfault {

/// The numbers of dlpack.h that matter here.
namespace dlpack {
enum type_code : std::uint8_t {
  int_code = 0,
  uint_code = 1,
  float_code = 2,
  bfloat_code = 4,
  bool_code = 6
};
enum device_code { cpu = 1, cuda = 2, cuda_host = 3, rocm_host = 11, cuda_managed = 13 };
} // namespace dlpack

/// Says which DLPack type a C++ type is. Specialise it to view a DLTensor as a type of your own.
template <class T>
struct dlpack_type;
template <class T>
  requires std::is_arithmetic_v<T>
struct dlpack_type<T> {
  static constexpr std::uint8_t code = std::is_same_v<T, bool>       ? dlpack::bool_code
                                       : std::is_floating_point_v<T> ? dlpack::float_code
                                       : std::is_signed_v<T>         ? dlpack::int_code
                                                                     : dlpack::uint_code;
  static constexpr std::uint8_t bits = 8 * sizeof(T);
};
template <>
struct dlpack_type<half> {
  static constexpr std::uint8_t code = dlpack::float_code, bits = 16;
};
template <>
struct dlpack_type<bfloat16> {
  static constexpr std::uint8_t code = dlpack::bfloat_code, bits = 16;
};

namespace detail {

template <class D>
concept dl_tensor = requires(const D& t) {
  { t.data } -> std::same_as<void* const&>;
  t.device.device_type;
  { t.ndim } -> std::convertible_to<int>;
  { t.dtype.code } -> std::convertible_to<unsigned>;
  { t.dtype.bits } -> std::convertible_to<unsigned>;
  { t.dtype.lanes } -> std::convertible_to<unsigned>;
  { t.shape[0] } -> std::convertible_to<std::int64_t>;
  { t.strides[0] } -> std::convertible_to<std::int64_t>;
  { t.byte_offset } -> std::convertible_to<std::uint64_t>;
};

/// The element types that `visit` knows.
template <class...>
struct type_list {};
using dlpack_types =
    type_list<float, double, half, bfloat16, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
              std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, bool>;

template <class T, dl_tensor D>
constexpr bool dlpack_matches(const D& t) noexcept {
  return t.dtype.code == dlpack_type<T>::code && t.dtype.bits == dlpack_type<T>::bits &&
         t.dtype.lanes == 1;
}

constexpr std::uint64_t dlpack_number(std::uint64_t code, std::uint64_t bits,
                                      std::uint64_t lanes = 1) noexcept {
  return (lanes == 1 ? 0 : lanes * 1000000) + code * 1000 + bits;
}

/// What a DLTensor says, checked.
template <class T>
struct dlpack_layout {
  T* first = nullptr;
  extents<max_dynamic_rank> sizes{};
  strides<max_dynamic_rank> distances{};
};

/// Reads everything but the memory's device; nothing is followed but `shape` and `strides`.
template <class T, dl_tensor D>
status read_dlpack(const D& t, dlpack_layout<T>& layout, const char* place) noexcept {
  using plain = std::remove_const_t<T>;
  auto& [first, sizes, distances] = layout;
  const auto unsupported = [place](auto value, std::uint64_t limit, std::size_t axis = 0) {
    return status{refusal::unsupported_layout, static_cast<std::uint32_t>(axis),
                  static_cast<std::uint64_t>(value), limit, place};
  };
  if (!dlpack_matches<plain>(t))
    return {refusal::wrong_type, 0, dlpack_number(t.dtype.code, t.dtype.bits, t.dtype.lanes),
            dlpack_number(dlpack_type<plain>::code, dlpack_type<plain>::bits), place};
  if (static_cast<std::size_t>(t.ndim) > max_dynamic_rank) // or below 0
    return unsupported(t.ndim, max_dynamic_rank);

  sizes.rank = static_cast<std::size_t>(t.ndim);
  if (sizes.rank != 0 && t.shape == nullptr)
    return {refusal::null_data, 0, 0, 0, place};
  for (std::size_t axis = 0; axis < sizes.rank; ++axis) {
    if (!std::in_range<index_t>(t.shape[axis]))
      return unsupported(t.shape[axis], (std::numeric_limits<std::ptrdiff_t>::max)(), axis);
    sizes.sizes[axis] = static_cast<index_t>(t.shape[axis]);
  }
  if (!sizes.size_fits())
    return {refusal::space_too_large, 0, 0, 8 * sizeof(index_t), place};

  distances = row_major_strides(sizes);
  for (std::size_t axis = 0; t.strides != nullptr && axis < sizes.rank; ++axis) {
    if (!std::in_range<std::ptrdiff_t>(t.strides[axis]))
      return unsupported(t.strides[axis], (std::numeric_limits<std::ptrdiff_t>::max)(), axis);
    distances[axis] = static_cast<std::ptrdiff_t>(t.strides[axis]);
  }
  const status distinct = check_distinct(sizes, distances, place, sizeof(T));
  if (!distinct.ok() || sizes.size() == 0)
    return distinct;

  if (t.data == nullptr)
    return {refusal::null_data, 0, sizes.size(), 0, place};
  first = reinterpret_cast<T*>(static_cast<std::byte*>(t.data) + t.byte_offset);
  const auto beyond = reinterpret_cast<std::uintptr_t>(first) % alignof(T);
  return beyond == 0 ? status{} : unsupported(beyond, alignof(T));
}

template <dl_tensor D>
constexpr bool dlpack_on_host(const D& t) noexcept {
  const auto device = static_cast<int>(t.device.device_type);
  return device == dlpack::cpu || device == dlpack::cuda_host || device == dlpack::rocm_host;
}

template <dl_tensor D>
constexpr status dlpack_wrong_device(const D& t, int wanted) noexcept {
  return {refusal::wrong_device, 0, static_cast<std::uint64_t>(t.device.device_type),
          static_cast<std::uint64_t>(wanted), "DLTensor"};
}

/// T or const T, where T can be an element.
template <class T>
concept viewed_element = element<std::remove_const_t<T>>;

} // namespace detail

/// Whether `view_as<T>(t)` would succeed, and if not, why: T is not the element type (wrong_type);
/// the memory is not a host's (wrong_device); the rank is above `max_dynamic_rank`, elements
/// overlap or lie at addresses that are not aligned for T (unsupported_layout); there are more
/// elements than can be counted (space_too_large); there is no memory (null_data).
template <detail::viewed_element T, detail::dl_tensor D>
status can_view_as(const D& t) noexcept {
  if (!detail::dlpack_on_host(t))
    return detail::dlpack_wrong_device(t, dlpack::cpu);
  detail::dlpack_layout<T> layout;
  return detail::read_dlpack(t, layout, "view_as(DLTensor)");
}

/// A view of a DLTensor in host memory whose elements are T (or const T). Throws `error` with the
/// status of `can_view_as`.
template <detail::viewed_element T, detail::dl_tensor D>
strided_view<T, max_dynamic_rank> view_as(const D& t) {
  if (!detail::dlpack_on_host(t))
    detail::dlpack_wrong_device(t, dlpack::cpu).or_throw();
  detail::dlpack_layout<T> layout;
  detail::read_dlpack(t, layout, "view_as(DLTensor)").or_throw();
  return {layout.first, layout.sizes, layout.distances};
}

namespace detail {

/// What a DLTensor in CUDA memory says, checked.
template <class T, dl_tensor D>
dlpack_layout<T> read_device_dlpack(const D& t, const char* place) {
  const auto device = static_cast<int>(t.device.device_type);
  if (device != dlpack::cuda && device != dlpack::cuda_managed)
    dlpack_wrong_device(t, dlpack::cuda).or_throw();
  dlpack_layout<T> layout;
  read_dlpack(t, layout, place).or_throw();
  return layout;
}

} // namespace detail

/// A view of a DLTensor in CUDA memory, for a device backend; it must be dense and row-major (for
/// others there is `strided_device_view_as`). Throws `error` like `view_as`. Whether the memory is
/// the current device's is checked where faults are injected.
template <detail::viewed_element T, detail::dl_tensor D>
device_view<T, max_dynamic_rank> device_view_as(const D& t) {
  const auto layout = detail::read_device_dlpack<T>(t, "device_view_as(DLTensor)");
  const auto dense = row_major_strides(layout.sizes);
  for (std::size_t axis = 0; axis < layout.sizes.rank && layout.sizes.size() != 0; ++axis)
    if (layout.sizes[axis] != 1 && layout.distances[axis] != dense[axis])
      status{refusal::unsupported_layout, static_cast<std::uint32_t>(axis),
             static_cast<std::uint64_t>(layout.distances[axis]),
             static_cast<std::uint64_t>(dense[axis]),
             "device_view_as(DLTensor), stride; strided_device_view_as takes any"}
          .or_throw();
  return {layout.first, layout.sizes};
}

/// The same for any strides. Faults take longer to find their place in it than in a dense view.
template <detail::viewed_element T, detail::dl_tensor D>
strided_device_view<T, max_dynamic_rank> strided_device_view_as(const D& t) {
  const auto layout = detail::read_device_dlpack<T>(t, "strided_device_view_as(DLTensor)");
  return {layout.first, layout.sizes, layout.distances};
}

namespace detail {

template <class R, dl_tensor D, class F>
[[noreturn]] R dlpack_visit(const D& t, F&, type_list<>) {
  const std::uint64_t type = dlpack_number(t.dtype.code, t.dtype.bits, t.dtype.lanes);
  status{refusal::wrong_type, 0, type, type, "visit(DLTensor)"}.or_throw();
  __builtin_unreachable();
}

template <class R, dl_tensor D, class F, class T, class... Rest>
R dlpack_visit(const D& t, F& f, type_list<T, Rest...>) {
  if (dlpack_matches<T>(t))
    return f(view_as<T>(t));
  return dlpack_visit<R>(t, f, type_list<Rest...>{});
}

template <class R, class F, class... T>
consteval bool dlpack_results_agree(type_list<T...>) {
  return (std::is_same_v<R, std::invoke_result_t<F&, strided_view<T, max_dynamic_rank>>> && ...);
}

} // namespace detail

/// Calls f with the view of a DLTensor in host memory, typed by the DLTensor's own element type:
/// float of 16, 32 and 64 bits, bfloat16, signed and unsigned integers of 8 to 64 bits, bool.
/// Returns what f returns, one type for all. Throws `error` for any other type (wrong_type) and
/// like `view_as`.
template <detail::dl_tensor D, class F>
decltype(auto) visit(const D& t, F&& f) {
  using result = std::invoke_result_t<F&, strided_view<float, max_dynamic_rank>>;
  constexpr bool agree = detail::dlpack_results_agree<result, F>(detail::dlpack_types{});
  static_assert(agree,
                "bitfault::visit: the function must return the same type for every element type");
  if constexpr (agree)
    return detail::dlpack_visit<result>(t, f, detail::dlpack_types{});
}

/// `view(t)` cannot know the element type: it says so.
template <detail::dl_tensor D>
struct view_of<D> {
  static constexpr bool borrows = true;
  template <class Y>
  static constexpr void make(Y&) {
    static_assert(detail::always_false<Y>,
                  "bitfault::view: the element type of a DLTensor is known at run time only; use "
                  "bitfault::view_as<T>(tensor) or bitfault::visit(tensor, function)");
  }
};

} // namespace bitfault
