// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/extents.hpp"
#include "../../core/policy.hpp"
#include "../../core/status.hpp"
#include "../../faults/fault_model.hpp"
#include "../../views/device.hpp"
#include "../../views/flat.hpp"
#include "../../views/strided.hpp"
#include "lists.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace bitfault {

namespace detail {

/// The view of a kernel, and the bytes that its tensor covers.
template <class T, std::size_t Rank>
flat_view<T, Rank> kernel_view(const device_view<T, Rank>& v) noexcept {
  return {v.data(), v.extents()};
}
template <class T, std::size_t Rank>
strided_view<T, Rank> kernel_view(const strided_device_view<T, Rank>& v) noexcept {
  return v;
}
struct covered_bytes {
  const void* begin;
  const void* end;
};
template <class T, std::size_t Rank>
covered_bytes bytes_of(const device_view<T, Rank>& v) noexcept {
  return {v.data(), v.data() + v.extents().size()};
}
template <class T, std::size_t Rank>
covered_bytes bytes_of(const strided_device_view<T, Rank>& v) noexcept {
  return {v.lowest(), v.past()};
}

/// Whether a device can read at an address: if not, the kernel would fail, and with it all that the
/// process does on the device from then on.
inline status check_alignment(const void* p, std::size_t alignment, const char* place) noexcept {
  const auto beyond = reinterpret_cast<std::uintptr_t>(p) % alignment;
  return beyond == 0 ? status{} : status{refusal::unsupported_layout, 0, beyond, alignment, place};
}

/// What is asked of a plan; one that is switched off has nothing to say.
template <class Plan>
consteval bool region_of_the_host() {
  if constexpr (requires(const Plan& plan) { plan.drawn_cells(); })
    return list_of_the_host<
        std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().region())>>::value;
  else
    return false;
}
template <class Plan>
consteval bool keeps_log() {
  if constexpr (requires { Plan::records; })
    return Plan::records;
  else
    return false;
}
template <class Plan>
consteval bit_operation listed_operation() {
  if constexpr (requires { Plan::own_bits_operation; })
    return Plan::own_bits_operation;
  else
    return bit_operation::none;
}

/// Whether a plan's faults can go to a view on a device. One question after the other, so that what
/// is wrong is one sentence.
template <class Plan, class View>
consteval bool device_takes() {
  using given = typename View::element_type;
  if constexpr (!requires { View::on_device; })
    static_assert(always_false<View>, "bitfault: on(...): the view is of host memory; a device "
                                      "needs a device_view{pointer, extents}");
  else if constexpr (std::is_const_v<given>)
    static_assert(always_false<View>,
                  "bitfault: the view is of const data; faults cannot be injected into it");
  else if constexpr (!std::is_same_v<given, typename Plan::element_type>)
    static_assert(always_false<View>,
                  "bitfault: the plan is bound to another element type than the view's");
  else if constexpr (region_of_the_host<Plan>())
    static_assert(always_false<View>,
                  "bitfault: on(...): the list of elements (where(mask), elements_at) lies in the "
                  "host's memory; copy its numbers() to managed or pinned memory and give the "
                  "device elements{copy}");
  else if constexpr (keeps_log<Plan>())
    static_assert(always_false<View>, "bitfault: on(...): a log of faults is kept on the host; on "
                                      "a device, draw them: on(...).draw(injector, view, key)");
  else
    return true;
  return false;
}

} // namespace detail

} // namespace bitfault
