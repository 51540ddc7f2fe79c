// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/memory.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// What a listed fault does with the bits of its mask.
enum class fault_action : std::uint8_t { flip = 0, stuck_at_0 = 1, stuck_at_1 = 2, write = 3 };

/// One drawn fault: an element, the bits, and what happens to them. `write` puts the bits of
/// `value` under the mask.
struct listed_fault {
  std::uint64_t element = 0;
  std::uint64_t mask = 0;
  std::uint64_t value = 0;
  fault_action action = fault_action::flip;

  friend constexpr bool operator==(const listed_fault&, const listed_fault&) = default;
};

namespace detail {

/// What is wrong with fault i of a list for `elements` elements of `width` bits.
BITFAULT_FN constexpr status check_fault(const listed_fault& f, std::size_t i,
                                         std::uint64_t elements, unsigned width) noexcept {
  const auto place = static_cast<std::uint32_t>(i);
  if (f.element >= elements)
    return {refusal::element_outside, place, f.element, elements, "fault list"};
  if (const std::uint64_t outside = f.mask & ~low_bits(width); outside != 0)
    return {refusal::bit_outside_word, place,
            static_cast<std::uint64_t>(count_trailing_zeros(outside)), width, "fault list"};
  return {};
}

/// Whether listed faults can go to a view of this type. One question after the other, so that a
/// wrong view is one sentence.
template <class View>
consteval bool takes_listed_faults() {
  if constexpr (detail::is_const_v<typename View::element_type>)
    static_assert(always_false<View>,
                  "bitfault: the view is of const data; faults cannot be injected into it");
  else if constexpr (requires { View::on_device; })
    static_assert(always_false<View>, "bitfault: a device view needs a device executor; the host "
                                      "must not write there");
  else
    return true;
  return false;
}

} // namespace detail

/// Whether a list fits a tensor of `elements` elements of type T: every element exists and no mask
/// has a bit outside the word. O(n).
template <element T>
BITFAULT_FN constexpr status check_faults(span<const listed_fault> faults,
                                          index_t elements) noexcept {
  for (std::size_t i = 0; i < faults.size(); ++i)
    if (const status s =
            detail::check_fault(faults[i], i, elements, element_traits<T>::layout.bits);
        !s.ok())
      return s;
  return {};
}

/// The word that a listed fault makes of `before`.
template <class Word>
BITFAULT_FN constexpr Word faulty_word(const listed_fault& f, Word before) noexcept {
  const auto mask = static_cast<Word>(f.mask);
  switch (f.action) {
  case fault_action::flip:
    return static_cast<Word>(before ^ mask);
  case fault_action::stuck_at_0:
    return static_cast<Word>(before & ~mask);
  case fault_action::stuck_at_1:
    return static_cast<Word>(before | mask);
  case fault_action::write:
    return static_cast<Word>((before & ~mask) | (static_cast<Word>(f.value) & mask));
  }
  return before;
}

namespace detail {

template <class View>
BITFAULT_FN constexpr status check_call(span<const listed_fault> faults, const View& view,
                                        const char* place) noexcept {
  using T = detail::remove_volatile_t<typename View::element_type>;
  if (const status s = check_faults<T>(faults, view.extents().size()); !s.ok())
    return s;
  if (!faults.empty() && view.address(0) == nullptr)
    return {refusal::null_data, 0, view.extents().size(), 0, place};
  return {};
}

} // namespace detail

/// Injects listed faults in their order; keeps the words as they were in `before` if it is given
/// (one for each fault). Checked before the first write. Host, freestanding.
template <class View>
BITFAULT_FN constexpr status
apply_faults(span<const listed_fault> faults, const View& view,
             span<word_t<typename View::element_type>> before = {}) noexcept {
  if constexpr (detail::takes_listed_faults<View>()) {
    using word = word_t<typename View::element_type>;
    if (const status s = detail::check_call(faults, view, "apply_faults"); !s.ok())
      return s;
    if (before.data() != nullptr && before.size() < faults.size())
      return {refusal::scratch_too_small, 0, before.size(), faults.size(), "apply_faults"};
    for (std::size_t i = 0; i < faults.size(); ++i) {
      const auto was = plain_memory::update(view.address(static_cast<index_t>(faults[i].element)),
                                            [&](word w) { return faulty_word(faults[i], w); });
      if (before.data() != nullptr)
        before[i] = was;
    }
  }
  return {};
}

/// Puts back the words that `apply_faults` kept, last one first. Checked before the first write.
template <class View>
BITFAULT_FN constexpr status
restore_faults(span<const listed_fault> faults, const View& view,
               span<const word_t<typename View::element_type>> before) noexcept {
  if constexpr (detail::takes_listed_faults<View>()) {
    if (const status s = detail::check_call(faults, view, "restore_faults"); !s.ok())
      return s;
    if (before.size() < faults.size())
      return {refusal::scratch_too_small, 0, before.size(), faults.size(), "restore_faults"};
    for (std::size_t i = faults.size(); i-- > 0;)
      plain_memory::store(view.address(static_cast<index_t>(faults[i].element)), before[i]);
  }
  return {};
}

} // namespace bitfault
