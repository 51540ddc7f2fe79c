// SPDX-License-Identifier: MIT
#pragma once

#include "../core/traits.hpp"
#include "fault_model.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

namespace detail {

/// Models in a row; the library's own tuple, because <tuple> is not freestanding.
template <class... F>
struct model_list {};
template <class First, class... Rest>
struct model_list<First, Rest...> {
  BITFAULT_NO_UNIQUE_ADDRESS First first;
  BITFAULT_NO_UNIQUE_ADDRESS model_list<Rest...> rest;
};

/// What every combination says of itself.
template <class... F>
struct combination {
  static_assert(sizeof...(F) > 0, "bitfault: chain or mixture: it needs at least one fault model");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr bool combined = true;
  static constexpr bool needs_numbered_events = (detail::needs_numbered_events<F>() || ...);
  static constexpr bool stays_under_mask = (detail::stays_under_mask<F>() && ...);
  template <element T>
  static consteval bool sets_value() {
    return (detail::sets_value<F, T>() || ...);
  }
  template <element T>
  static consteval bool takes_mask() {
    return (detail::takes_mask<F, T>() || ...);
  }
  template <element T, class Code>
  static consteval bool fits_element() {
    return (detail::fits_element<F, T, Code>() && ...);
  }
};

template <class First, class... Rest>
BITFAULT_FN constexpr model_list<First, Rest...> make_list(First first, Rest... rest) noexcept {
  if constexpr (sizeof...(Rest) == 0)
    return {first, {}};
  else
    return {first, make_list(rest...)};
}

template <class T, class... F>
BITFAULT_FN constexpr status check_all(const model_list<F...>& models, index_t events) noexcept {
  if constexpr (sizeof...(F) == 0)
    return {};
  else
    return first_refusal(
        check_model<detail::remove_cvref_t<decltype(models.first)>, T>(models.first, events),
        check_all<T>(models.rest, events));
}

} // namespace detail

/// One event with ordered steps: `chain{bit_flip{}, scale{2}}`. Word-level steps see the mask,
/// value steps the value that the step before has left. A chain that holds a value model counts as
/// one: an element belongs to its lowest event.
template <class... F>
struct chain : detail::combination<F...> {
  detail::model_list<F...> models;

  BITFAULT_FN constexpr explicit chain(F... f) noexcept : models(detail::make_list(f...)) {}

  template <element T>
  BITFAULT_FN constexpr status check(index_t events) const noexcept {
    return detail::check_all<T>(models, events);
  }
  template <element T, class W>
  BITFAULT_FN constexpr W apply(W word, W mask, random_source& random) const noexcept {
    return run<T>(models, word, mask, random);
  }

private:
  template <element T, class W, class First, class... Rest>
  BITFAULT_FN static constexpr W run(const detail::model_list<First, Rest...>& list, W word, W mask,
                                     random_source& random) noexcept {
    word = detail::faulty_word<T>(list.first, word, mask, random);
    if constexpr (sizeof...(Rest) == 0)
      return word;
    else
      return run<T>(list.rest, word, mask, random);
  }
};
template <class... F>
chain(F...) -> chain<F...>;

/// A fault model and how often it is chosen, relative to the other weights of its mixture.
template <class F>
struct weighted {
  std::int64_t weight; ///< from 0 to 2^32 - 1; others are refused by `bind`
  F model;

  template <detail::integral I>
  BITFAULT_FN constexpr weighted(I w, const F& f) noexcept
      : weight(detail::as_signed(w)), model(f) {}
  template <class X>
    requires(!detail::integral<X>)
  constexpr weighted(const X& /*w*/, const F& f) noexcept : weight(0), model(f) {
    static_assert(detail::always_false<X>,
                  "bitfault: weighted: weights are whole numbers, of which only the ratios count: "
                  "weighted{70, bit_flip{}} beside weighted{30, zero{}}");
  }
};
template <class W, class F>
weighted(W, F) -> weighted<F>;

namespace detail {

template <class A>
inline constexpr bool is_weighted = false;
template <class F>
inline constexpr bool is_weighted<weighted<F>> = true;

/// What is given to a mixture, with a weight even where that was forgotten: then the sentence that
/// says so stays the only error.
template <class F>
BITFAULT_FN constexpr weighted<F> with_weight(const weighted<F>& w) noexcept {
  return w;
}
template <class F>
  requires(!is_weighted<F>)
BITFAULT_FN constexpr weighted<F> with_weight(const F& f) noexcept { return {1, f}; }
template <class A>
using model_of = decltype(with_weight(*static_cast<const A*>(nullptr)).model);

} // namespace detail

/// Each event draws one of several models: `mixture{weighted{70, bit_flip{}}, weighted{30,
/// zero{}}}`. Weights are whole numbers. A mixture that holds a value model counts as one: an
/// element belongs to its lowest event.
template <class... Alternative>
struct mixture : detail::combination<detail::model_of<Alternative>...> {
  static_assert((detail::is_weighted<Alternative> && ...),
                "bitfault: mixture: how often each? Give every model its weight, as in "
                "mixture{weighted{70, bit_flip{}}, weighted{30, zero{}}}");
  detail::model_list<weighted<detail::model_of<Alternative>>...> models;

  BITFAULT_FN constexpr explicit mixture(Alternative... a) noexcept
      : models(detail::make_list(detail::with_weight(a)...)) {}

  template <element T>
  BITFAULT_FN constexpr status check(index_t events) const noexcept {
    if (const status s = check_each<T>(models, events); !s.ok())
      return s;
    if (total(models) == 0)
      return {refusal::bad_parameter, 0, 0, 0, "mixture: sum of weights"};
    return {};
  }
  template <element T, class W>
  BITFAULT_FN constexpr W apply(W word, W mask, random_source& random) const noexcept {
    return run<T>(models, random.below(total(models)), word, mask, random);
  }

private:
  template <class First, class... Rest>
  BITFAULT_FN static constexpr std::uint64_t
  total(const detail::model_list<First, Rest...>& list) noexcept {
    if constexpr (sizeof...(Rest) == 0)
      return static_cast<std::uint64_t>(list.first.weight);
    else
      return static_cast<std::uint64_t>(list.first.weight) + total(list.rest);
  }
  template <element T, class First, class... Rest>
  BITFAULT_FN static constexpr status check_each(const detail::model_list<First, Rest...>& list,
                                                 index_t events) noexcept {
    constexpr std::int64_t limit = 0xFFFF'FFFF;
    if (const std::int64_t w = list.first.weight; w < 0 || w > limit)
      return {refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(w)),
              static_cast<std::uint64_t>(limit), "mixture: weight (0 to 2^32 - 1)"};
    const status one = detail::check_model<detail::remove_cvref_t<decltype(list.first.model)>, T>(
        list.first.model, events);
    if constexpr (sizeof...(Rest) == 0)
      return one;
    else
      return detail::first_refusal(one, check_each<T>(list.rest, events));
  }
  template <element T, class W, class First, class... Rest>
  BITFAULT_FN static constexpr W run(const detail::model_list<First, Rest...>& list,
                                     std::uint64_t ticket, W word, W mask,
                                     random_source& random) noexcept {
    if constexpr (sizeof...(Rest) == 0) {
      return detail::faulty_word<T>(list.first.model, word, mask, random);
    } else {
      const auto weight = static_cast<std::uint64_t>(list.first.weight);
      if (ticket < weight)
        return detail::faulty_word<T>(list.first.model, word, mask, random);
      return run<T>(list.rest, ticket - weight, word, mask, random);
    }
  }
};
template <class... A>
mixture(A...) -> mixture<A...>;

} // namespace bitfault
