// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../core/traits.hpp"
#include "../random/permutation.hpp"
#include "../random/probability.hpp"
#include "space.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// The first `count` values of a keyed permutation of the space.
template <bool ChoosesElements>
struct bound_permuted {
  static constexpr bool chooses_elements = ChoosesElements;
  static constexpr bool gives_elements = false;
  static constexpr bool numbered = true;
  static constexpr bool distinct = true;

  permutation_shape shape{};
  index_t count = 0;

  BITFAULT_FN constexpr index_t units() const noexcept { return count; }

  struct draw {
    keyed_permutation order;
    index_t count;

    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      if constexpr (Batch == 1) { // firmware: no buffer, and no loops for vectors
        for (; first < last; ++first) {
          const index_t site = order.at(first);
          sink(&site, 1u, first);
        }
      } else {
        index_t sites[Batch]{};
        while (first < last) {
          const index_t rest = last - first;
          const unsigned n = rest < Batch ? static_cast<unsigned>(rest) : Batch;
          order.fill(first, n, sites);
          sink(static_cast<const index_t*>(sites), n, first);
          first += n;
        }
      }
    }
    BITFAULT_FN constexpr bool find(index_t site, std::uint64_t& event) const noexcept {
      event = order.place_of(site);
      return event < count;
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& stream) const noexcept {
    return {keyed_permutation(shape, stream), count};
  }
  /// A draw whose round keys are still to be made.
  BITFAULT_FN draw start_without_keys() const noexcept { return {keyed_permutation(shape), count}; }
};

template <bool ChoosesElements>
BITFAULT_FN constexpr bound_permuted<ChoosesElements>
bind_permuted(const char* place, std::uint64_t count, index_t sites, status& state) noexcept {
  if (!state.ok())
    return {};
  if (count > sites) {
    state = too_many(place, count, sites);
    return {};
  }
  return {permutation_shape(sites == 0 ? 1 : sites), static_cast<index_t>(count)};
}

} // namespace detail

/// k distinct sites. Each site and each pair of sites is equally likely (tested), and in spaces of
/// a few sites each set of k. Two of them may lie in one element.
struct exactly {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  std::int64_t k; ///< negative and too large numbers are refused by `bind`

  template <class Never = void>
  constexpr exactly() noexcept : k(0) {
    static_assert(detail::always_false<Never>,
                  "bitfault: exactly: how many? Give it a number: exactly{100}");
  }
  template <detail::floating_point F>
  constexpr explicit exactly(F /*count*/) noexcept : k(0) {
    static_assert(detail::always_false<F>, "bitfault: exactly: the number of sites is a whole "
                                           "number, exactly{1000}; a share of them is fraction{q}");
  }
  template <detail::integral I>
  BITFAULT_FN constexpr explicit exactly(I count) noexcept : k(detail::as_signed(count)) {}

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space& space, const Extents&, const Region&,
                                  status& state) const noexcept {
    return detail::bind_permuted<false>("exactly", static_cast<std::uint64_t>(k), space.size(),
                                        state);
  }
};

/// k distinct elements; each gets one mask of the family.
struct exactly_elements {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  std::int64_t k; ///< negative and too large numbers are refused by `bind`

  template <class Never = void>
  constexpr exactly_elements() noexcept : k(0) {
    static_assert(detail::always_false<Never>,
                  "bitfault: exactly_elements: how many? Give it a number: exactly_elements{100}");
  }
  template <detail::floating_point F>
  constexpr explicit exactly_elements(F /*count*/) noexcept : k(0) {
    static_assert(detail::always_false<F>, "bitfault: exactly_elements: the number of elements is "
                                           "a whole number, exactly_elements{1000}");
  }
  template <detail::integral I>
  BITFAULT_FN constexpr explicit exactly_elements(I count) noexcept : k(detail::as_signed(count)) {}

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space& space, const Extents&, const Region&,
                                  status& state) const noexcept {
    return detail::bind_permuted<true>("exactly_elements", static_cast<std::uint64_t>(k),
                                       space.elements, state);
  }
};

/// Exactly round(q S) of the S sites, halves rounded up; the product is formed in integers.
struct fraction {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  double q;

  template <class Never = void>
  constexpr fraction() noexcept : q(0) {
    static_assert(detail::always_false<Never>,
                  "bitfault: fraction: which share? Give it a number: fraction{0.01}");
  }
  BITFAULT_FN constexpr explicit fraction(double share) noexcept : q(share) {}

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space& space, const Extents&, const Region&,
                                  status& state) const noexcept {
    const probability share(q);
    if (!share.valid && state.ok())
      state = {refusal::fraction_not_a_probability, 0, detail::bit_cast<std::uint64_t>(q), 1,
               "fraction"};
    const detail::fixed192 product = detail::scale(share.part, space.size());
    const index_t count =
        share.one ? space.size() : static_cast<index_t>(product.whole + (product.part.high >> 63));
    return detail::bind_permuted<false>("fraction", count, space.size(), state);
  }
};

} // namespace bitfault
