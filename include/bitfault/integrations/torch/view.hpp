// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include "../../core/bfloat16.hpp"
#include "../../core/element.hpp"
#include "../../core/error.hpp"
#include "../../core/extents.hpp"
#include "../../core/half.hpp"
#include "../../core/policy.hpp"
#include "../../core/status.hpp"
#include "../../views/flat.hpp"
#include "../../views/strided.hpp"
#include "../../views/view.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Views of an `at::Tensor` (`torch::Tensor` is the same class). Its element type is known at run
/// time only, so it is named (`view_as<float>(t)`) or found (`visit(t, f)`). A quantised tensor
/// shows its stored integers. Any strides without overlap, up to 16 axes, host memory; tensors that
/// need gradients too. A view does not own: keep the tensor. What is written through a view is not
/// seen by autograd, as with `.data()`: see `note_write`.
///
/// Tried with LibTorch 1.13.1 and 2.10.0. Hosted.
namespace bitfault {

/// Says which type LibTorch has for a C++ type: the number in `status` (as for DLPack) and how
/// memory is typed. Specialise it to view tensors as a type of your own.
template <class T>
struct torch_type;
template <>
struct torch_type<float> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kFloat; }
};
template <>
struct torch_type<double> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kDouble; }
};
template <>
struct torch_type<half> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kHalf; }
};
template <>
struct torch_type<bfloat16> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kBFloat16; }
};
template <>
struct torch_type<std::int8_t> {
  static constexpr bool fits(::at::ScalarType t) noexcept {
    return t == ::at::kChar || t == ::at::kQInt8;
  }
};
template <>
struct torch_type<std::uint8_t> {
  static constexpr bool fits(::at::ScalarType t) noexcept {
    return t == ::at::kByte || t == ::at::kQUInt8;
  }
};
template <>
struct torch_type<std::int16_t> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kShort; }
};
template <>
struct torch_type<std::int32_t> {
  static constexpr bool fits(::at::ScalarType t) noexcept {
    return t == ::at::kInt || t == ::at::kQInt32;
  }
};
template <>
struct torch_type<std::int64_t> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kLong; }
};
template <>
struct torch_type<bool> {
  static constexpr bool fits(::at::ScalarType t) noexcept { return t == ::at::kBool; }
};

namespace detail {

template <class... T>
struct torch_type_list {};
/// The element types that `visit` knows if the caller names none.
using torch_types = torch_type_list<float, double, half, bfloat16, std::int8_t, std::uint8_t,
                                    std::int16_t, std::int32_t, std::int64_t, bool>;
using torch_floats = torch_type_list<float, double, half, bfloat16>;
template <class Default, class... T>
using torch_types_or =
    std::conditional_t<sizeof...(T) == 0, Default, torch_type_list<std::remove_cv_t<T>...>>;

/// A type as `status` numbers it: see `message`.
inline std::uint64_t torch_type_number(::at::ScalarType t) noexcept {
  switch (t) {
  case ::at::kChar:
  case ::at::kQInt8:
    return 8;
  case ::at::kShort:
    return 16;
  case ::at::kInt:
  case ::at::kQInt32:
    return 32;
  case ::at::kLong:
    return 64;
  case ::at::kByte:
  case ::at::kQUInt8:
    return 1008;
  case ::at::kHalf:
    return 2016;
  case ::at::kFloat:
    return 2032;
  case ::at::kDouble:
    return 2064;
  case ::at::kBFloat16:
    return 4016;
  case ::at::kComplexHalf:
    return 5032;
  case ::at::kComplexFloat:
    return 5064;
  case ::at::kComplexDouble:
    return 5128;
  case ::at::kBool:
    return 6008;
  default:
    return 3000 + static_cast<unsigned>(t); // types that are packed or newer than this header
  }
}

/// The number of a C++ type that is viewed; one of a user's own counts as bits.
template <class T>
std::uint64_t torch_type_number_of() noexcept {
  for (int i = 0; i < static_cast<int>(::at::ScalarType::Undefined); ++i)
    if (const auto t = static_cast<::at::ScalarType>(i); torch_type<T>::fits(t))
      return torch_type_number(t);
  return 3000 + 8 * sizeof(T);
}

/// What a tensor says of its memory, checked.
struct torch_layout {
  extents<max_dynamic_rank> sizes{};
  strides<max_dynamic_rank> distances{};
  bool contiguous = true;
};

/// Where a tensor was refused whose memory is no block of elements: says which tensors those are.
inline const char* torch_layout_place(const ::at::Tensor& t, const char* place) noexcept {
  switch (t.layout()) {
  case ::at::kSparse:
  case ::at::kSparseCsr:
    return "sparse Tensor, which sparse_value_faults and sparse_index_faults take";
  case ::at::kSparseCsc:
  case ::at::kSparseBsr:
  case ::at::kSparseBsc:
    return "sparse Tensor of another layout than COO and CSR";
  case ::at::kMkldnn:
    return "Tensor that was packed for MKL-DNN (optimize_for_inference, to_mkldnn)";
  default:
    return place;
  }
}

/// A device as DLPack numbers it: 1 is the host, 2 CUDA; the others are LibTorch's number plus 100.
inline std::uint64_t torch_device_number(const ::at::Device& d) noexcept {
  return d.is_cpu() ? 1 : d.is_cuda() ? 2 : 100 + static_cast<std::uint64_t>(d.type());
}

/// Everything but the element type. `device`: whose memory it has to be.
inline status read_torch(const ::at::Tensor& t, torch_layout& layout, const char* place,
                         ::at::DeviceType device = ::at::kCPU) {
  const auto unsupported = [place](auto value, std::uint64_t limit, std::size_t axis = 0) {
    return status{refusal::unsupported_layout, static_cast<std::uint32_t>(axis),
                  static_cast<std::uint64_t>(value), limit, place};
  };
  if (!t.defined())
    return {refusal::null_data, 0, 0, 0, place};
  if (t.device().type() != device)
    return {refusal::wrong_device, 0, torch_device_number(t.device()), torch_device_number(device),
            place};
  // Sparse and MKL-DNN tensors have no one block of memory; lazily negated or conjugated ones hold
  // other values than they show.
  if (t.layout() != ::at::kStrided || t.is_neg() || t.is_conj())
    return {refusal::unsupported_layout, 0, static_cast<std::uint64_t>(t.layout()), 0,
            torch_layout_place(t, place)};
  if (static_cast<std::size_t>(t.dim()) > max_dynamic_rank)
    return unsupported(t.dim(), max_dynamic_rank);
  layout.sizes.rank = static_cast<std::size_t>(t.dim());
  for (std::size_t axis = 0; axis < layout.sizes.rank; ++axis) {
    layout.sizes.sizes[axis] = static_cast<index_t>(t.size(static_cast<std::int64_t>(axis)));
    layout.distances[axis] = static_cast<std::ptrdiff_t>(t.stride(static_cast<std::int64_t>(axis)));
  }
  if (!layout.sizes.size_fits())
    return {refusal::space_too_large, 0, 0, 8 * sizeof(index_t), place};
  layout.contiguous = t.is_contiguous();
  return layout.contiguous ? status{}
                           : check_distinct(layout.sizes, layout.distances, place,
                                            static_cast<std::size_t>(t.element_size()));
}

template <class T>
status check_torch_type(const ::at::Tensor& t, const char* place) noexcept {
  using plain = std::remove_const_t<T>;
  if (t.defined() && !torch_type<plain>::fits(t.scalar_type()))
    return {refusal::wrong_type, 0, torch_type_number(t.scalar_type()),
            torch_type_number_of<plain>(), place};
  return {};
}

template <class T>
T* torch_memory(const ::at::Tensor& t) {
  return t.numel() == 0 ? nullptr : static_cast<T*>(t.data_ptr());
}

} // namespace detail

/// Whether `view_as<T>(t)` would succeed, and if not, why: T is not the element type (wrong_type);
/// the memory is not the host's (wrong_device); the tensor is sparse, has more than 16 axes or
/// elements that overlap, as `expand` makes them (unsupported_layout); it is undefined (null_data).
template <class T>
status can_view_as(const ::at::Tensor& t) {
  detail::torch_layout layout;
  const status type = detail::check_torch_type<T>(t, "view_as(Tensor)");
  return type.ok() ? detail::read_torch(t, layout, "view_as(Tensor)") : type;
}

/// A view of a tensor whose elements are T (or const T). Throws `error` with the status of
/// `can_view_as`.
template <class T>
strided_view<T, max_dynamic_rank> view_as(const ::at::Tensor& t) {
  detail::torch_layout layout;
  detail::check_torch_type<T>(t, "view_as(Tensor)").or_throw();
  detail::read_torch(t, layout, "view_as(Tensor)").or_throw();
  return {detail::torch_memory<T>(t), layout.sizes, layout.distances};
}

namespace detail {

template <class R, class F>
[[noreturn]] R torch_visit(const ::at::Tensor& t, const torch_layout&, F&, torch_type_list<>) {
  const std::uint64_t type = torch_type_number(t.scalar_type());
  status{refusal::wrong_type, 0, type, type, "visit(Tensor)"}.or_throw();
  __builtin_unreachable();
}

template <class R, class F, class T, class... Rest>
R torch_visit(const ::at::Tensor& t, const torch_layout& layout, F& f,
              torch_type_list<T, Rest...>) {
  if (!torch_type<T>::fits(t.scalar_type()))
    return torch_visit<R>(t, layout, f, torch_type_list<Rest...>{});
  T* const first = torch_memory<T>(t);
  if (layout.contiguous)
    return f(flat_view<T, max_dynamic_rank>(first, layout.sizes));
  return f(strided_view<T, max_dynamic_rank>(first, layout.sizes, layout.distances));
}

template <class T, class... Rest>
T first_type(torch_type_list<T, Rest...>);

} // namespace detail

namespace detail {

template <class Types, class F>
decltype(auto) visit_types(const ::at::Tensor& t, F&& f) {
  using result =
      std::invoke_result_t<F&, flat_view<decltype(first_type(Types{})), max_dynamic_rank>>;
  torch_layout layout;
  read_torch(t, layout, "visit(Tensor)").or_throw();
  return torch_visit<result>(t, layout, f, Types{});
}

} // namespace detail

/// Calls f with a view of the tensor, typed by its own element type: a `flat_view` of contiguous
/// memory, a `strided_view` of any other. Returns what f returns, one type for all. `visit<float,
/// half>(t, f)` is for functions that know these types only. Throws `error` for any other type
/// (wrong_type) and like `view_as`.
template <class... T, class F>
decltype(auto) visit(const ::at::Tensor& t, F&& f) {
  return detail::visit_types<detail::torch_types_or<detail::torch_types, T...>>(t, f);
}

/// Tells autograd that a tensor was written: it counts the writes to each tensor, so that a
/// backward pass which still needs the old values is refused. `apply` and `scoped` for tensors do
/// it; a view cannot.
inline void note_write(const ::at::Tensor& t) {
  if (!t.is_inference()) // those have no counter
    t.unsafeGetTensorImpl()->bump_version();
}

/// `view(t)` cannot know the element type: it says so.
template <class X>
  requires(std::is_base_of_v<::at::TensorBase, X>)
struct view_of<X> {
  static constexpr bool borrows = true;
  template <class Y>
  static constexpr void make(Y&) {
    static_assert(detail::always_false<Y>,
                  "bitfault::view: the element type of a Tensor is known at run time only; use "
                  "bitfault::view_as<T>(tensor), bitfault::visit(tensor, function), or "
                  "bitfault::apply(injector, tensor, key)");
  }
};

} // namespace bitfault

#endif
