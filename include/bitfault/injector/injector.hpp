// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/error.hpp"
#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/serial.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../faults/fault_model.hpp"
#include "../selectors/space.hpp"
#include "disabled_plan.hpp"
#include "plan.hpp"
#include "scope.hpp"

#include <cstddef>

namespace bitfault {

namespace detail {

/// Whether a tensor of these extents can be counted.
template <std::size_t Capacity>
BITFAULT_FN constexpr status check_sizes(const extents<Capacity>& e) noexcept {
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    if (static_cast<std::ptrdiff_t>(e[axis]) < 0)
      return {refusal::negative_size, static_cast<std::uint32_t>(axis), as_given(e[axis]), 0,
              "bind"};
  if (!e.size_fits())
    return {refusal::space_too_large, 0, 0, site_space::max_bits, "bind"};
  return {};
}

/// Throws a refusal where exceptions are enabled; elsewhere it is asked for with `status()`.
constexpr void report(const status& s) {
#if BITFAULT_EXCEPTIONS
  s.or_throw();
#else
  static_cast<void>(s);
#endif
}

} // namespace detail

/// A composition of policies. It holds no generator and no state: every call takes the key that
/// names its faults. Made by `make_injector`.
///
/// Verbs that take an executor (`threads{8}`) take it first; without one they run in the calling
/// thread. `apply` returns a status. `scoped` and `draw` throw bad input where exceptions exist.
template <bool Enabled, class Fault, class Selector, class Region, class Bits, class Pattern,
          class Format, class Lifetime, class Observer>
class injector {
public:
  BITFAULT_FN constexpr injector(const Fault& fault, const Selector& selector, const Region& region,
                                 const Bits& bits, const Pattern& pattern, const Format& format,
                                 const Lifetime& lifetime, const Observer& observer) noexcept
      : fault_(fault), selector_(selector), region_(region), bits_(bits), pattern_(pattern),
        format_(format), lifetime_(lifetime), observer_(observer) {}

  /// All that is known before the key, for elements of type T. Never fails: the plan's `state()`
  /// says what does not fit, and its verbs refuse to run then.
  template <element T, std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e) const noexcept {
    if constexpr (Enabled)
      return bind_enabled<detail::remove_cv_t<T>>(e);
    else
      return disabled_plan<detail::remove_cv_t<T>, Capacity>(e);
  }

  /// The plan for the extents and elements of a view.
  template <tensor_view View>
  BITFAULT_FN constexpr auto bind(const View& view) const noexcept {
    return bind<detail::remove_cv_t<typename View::element_type>>(view.extents());
  }

  /// Injects the faults of `key`. Transient faults in buffers that inference writes anyway. Like
  /// all verbs it takes a view, or whatever `view(x)` takes.
  template <class X>
  BITFAULT_FN constexpr status apply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return apply(serial{}, detail::as_view(static_cast<X&&>(x)), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status apply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    if constexpr (Enabled) {
      const auto& v = detail::as_view(static_cast<X&&>(x));
      return bind(v).apply(executor, v, key);
    } else {
      static_cast<void>(executor), static_cast<void>(x), static_cast<void>(key);
      return {};
    }
  }
  /// Whatever else is given: one sentence says what is right.
  template <class... Wrong>
  constexpr status apply(const Wrong&...) const {
    static_assert(detail::always_false<Wrong...>,
                  "bitfault: injector::apply: it takes (view, key) or (executor, view, key), where "
                  "the key is a fault_key, as in apply(threads{8}, view, fault_key{.seed = 42})");
    return {};
  }

  /// Injects permanent or intermittent faults again after the buffer was rewritten; `key.step` says
  /// which write it was.
  template <class X>
  BITFAULT_FN constexpr status reapply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return reapply(serial{}, detail::as_view(static_cast<X&&>(x)), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status reapply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    static_assert(Lifetime::lasting, "bitfault: reapply is for lasting faults; give the injector "
                                     "permanent{} or intermittent{p}");
    return apply(executor, static_cast<X&&>(x), key);
  }

  /// Injects now and takes everything back when the returned scope ends. Faults that are not flips
  /// need scratch: the caller's (`required_scratch()` of the plan), or allocated in hosted builds.
  template <class X>
  constexpr auto scoped(X&& x, const fault_key& key) const {
    return scoped(serial{}, detail::as_view(static_cast<X&&>(x)), key);
  }
  template <class Executor, class X>
  constexpr auto scoped(const Executor& executor, X&& x, const fault_key& key) const {
    if constexpr (Enabled)
      return enabled_scope(executor, detail::as_view(static_cast<X&&>(x)), key);
    else
      return nothing(executor, x, key);
  }
  template <class X, class Scratch>
  constexpr auto scoped(X&& x, const fault_key& key, Scratch&& scratch) const {
    return scoped(serial{}, detail::as_view(static_cast<X&&>(x)), key,
                  static_cast<Scratch&&>(scratch));
  }
  template <class Executor, class X, class Scratch>
  constexpr auto scoped(const Executor& executor, X&& x, const fault_key& key,
                        Scratch&& scratch) const {
    if constexpr (Enabled && requires { Executor::on_device; }) {
      const auto& v = detail::as_view(static_cast<X&&>(x));
      return executor.scoped(bind(v), v, key, static_cast<Scratch&&>(scratch));
    } else if constexpr (Enabled) {
      return scope_in<fault_scope>(executor, detail::as_view(static_cast<X&&>(x)), key,
                                   static_cast<Scratch&&>(scratch));
    } else {
      return nothing(executor, x, key);
    }
  }

  /// Like `scoped`, for buffers that somebody else may write meanwhile.
  template <class X>
  constexpr auto scoped_checked(X&& x, const fault_key& key) const {
    return scoped_checked(serial{}, detail::as_view(static_cast<X&&>(x)), key);
  }
  template <class Executor, class X>
  constexpr auto scoped_checked(const Executor& executor, X&& x, const fault_key& key) const {
    if constexpr (Enabled && requires { Executor::on_device; }) {
      return no_checked_scope<Executor>();
    } else if constexpr (Enabled) {
      const auto& v = detail::as_view(static_cast<X&&>(x));
      const auto bound = bind(v);
      return scope<checked_fault_scope>(bound, executor, v, key,
                                        allocated(bound, detail::twice(bound.cells(key)), key));
    } else {
      return nothing(executor, x, key);
    }
  }
  template <class X, class Scratch>
  constexpr auto scoped_checked(X&& x, const fault_key& key, Scratch&& scratch) const {
    return scoped_checked(serial{}, detail::as_view(static_cast<X&&>(x)), key,
                          static_cast<Scratch&&>(scratch));
  }
  template <class Executor, class X, class Scratch>
  constexpr auto scoped_checked(const Executor& executor, X&& x, const fault_key& key,
                                Scratch&& scratch) const {
    if constexpr (Enabled && requires { Executor::on_device; })
      return no_checked_scope<Executor>();
    else if constexpr (Enabled)
      return scope_in<checked_fault_scope>(executor, detail::as_view(static_cast<X&&>(x)), key,
                                           static_cast<Scratch&&>(scratch));
    else
      return nothing(executor, x, key);
  }

  /// The faults of `key` as a list: `draw<float>(extents{64, 3, 32, 32}, key)` where they do not
  /// depend on the data, `draw(view, key)` always. An injector that is switched off injects
  /// nothing: its list is empty. Hosted.
  template <element T, std::size_t Capacity>
  auto draw(const extents<Capacity>& e, const fault_key& key) const {
    using plain = detail::type_identity<detail::remove_cv_t<T>>;
    if constexpr (!Enabled && requires { draw_nothing(plain{}, e, key); })
      return draw_nothing(plain{}, e, key);
    else if constexpr (Enabled && requires { draw_faults(bind<T>(e), key); })
      return draw_faults(bind<T>(e), key);
    else
      static_assert(detail::always_false<T>, "bitfault: injector::draw: fault lists are hosted; "
                                             "include <bitfault/fault_list/draw.hpp>");
  }
  template <class X>
  auto draw(X&& x, const fault_key& key) const {
    if constexpr (requires { x.size_fits(); }) {
      static_assert(detail::always_false<X>, "bitfault: injector::draw: extents have no element "
                                             "type; say draw<float>(extents, key)");
    } else {
      return draw_from(detail::as_view(static_cast<X&&>(x)), key);
    }
  }

private:
  template <class View>
  using caller_scratch = detail::borrowed_scratch<word_t<typename View::element_type>>;

  template <class View>
  auto draw_from(const View& view, const fault_key& key) const {
    using T = detail::remove_cv_t<typename View::element_type>;
    if constexpr (!Enabled &&
                  requires { draw_nothing(detail::type_identity<T>{}, view.extents(), key); })
      return draw_nothing(detail::type_identity<T>{}, view.extents(), key);
    else if constexpr (Enabled && requires { draw_faults(bind(view), view, key); })
      return draw_faults(bind(view), view, key);
    else
      static_assert(detail::always_false<View>, "bitfault: injector::draw: fault lists are hosted; "
                                                "include <bitfault/fault_list/draw.hpp>");
  }

  template <element T, std::size_t Capacity>
  BITFAULT_FN constexpr auto bind_enabled(const extents<Capacity>& e) const noexcept {
    constexpr bool takes_mask = detail::takes_mask<Fault, T>();
    constexpr bool bits_given = !requires { Bits::suits_every_model; };
    static_assert(takes_mask || !bits_given,
                  "bitfault: bits given for a value fault; a value fault sets the whole word");
    const auto codec = format_.template codec<T>();
    using codec_type = detail::remove_const_t<decltype(codec)>;
    static_assert(detail::fits_element<Fault, T, typename codec_type::code>(),
                  "bitfault: the fault model does not fit the element type; it takes (value, "
                  "random) or (word, mask, random) and returns the same type, all of them exactly "
                  "that type, and its call operator is const");
    static_assert(takes_mask || codec_type::is_own_bits,
                  "bitfault: a format given for a value fault; a format is for faults in bits");
    static_assert(
        !takes_mask || !detail::sets_value<Fault, T>() || codec_type::is_own_bits,
        "bitfault: a format given for a combination that holds a value fault; a format is "
        "for faults in bits");

    status state = detail::first_refusal(
        detail::check_sizes(e), detail::first_refusal(lifetime_.check(), format_status<T>()));
    const auto family = [&] {
      if constexpr (bits_given)
        return bits_.template bind<codec_type::layout>(state);
      else
        return bits_.template bind<codec_type::layout, takes_mask>(state);
    }();
    using family_type = detail::remove_const_t<decltype(family)>;
    static_assert(!Selector::needs_single_bits || family_type::single_bit,
                  "bitfault: rate::per_bit takes the single-bit families only (bits::any, "
                  "bits::given, bits::exponent ...); for other masks and for value faults use "
                  "rate::per_element");

    const extents<Capacity> safe = state.ok() ? e : extents<Capacity>{};
    const auto region = region_.bind(safe, state);
    const auto pattern = pattern_.bind(safe, codec_type::layout.bits, state);
    using pattern_type = detail::remove_const_t<decltype(pattern)>;
    static_assert(!pattern_type::moves_bits || family_type::single_bit,
                  "bitfault: multi_cell_upset needs faults in single bits");
    static_assert(!pattern_type::moves_bits || !family_type::single_bit ||
                      !detail::sets_value<Fault, T>(),
                  "bitfault: multi_cell_upset needs a bit fault, not a value fault");

    detail::site_space space{region.size(), family.count(), 0};
    if constexpr (region.is_box) {
      if constexpr (region.is_whole)
        space.entries = safe.rank == 0 ? 1 : safe[0];
      else
        space.entries = region.outermost_count();
    }
    if (!space.fits() && state.ok())
      state = {refusal::space_too_large, 0, 0, detail::site_space::max_bits, "bind"};
    if (!state.ok())
      space = {};
    const auto selector = selector_.bind(space, safe, region, state);
    using selector_type = detail::remove_const_t<decltype(selector)>;
    static_assert(!detail::needs_numbered_events<Fault>() || selector_type::numbered,
                  "bitfault: a list of values or masks needs a selector that numbers its events "
                  "(at, exactly, exactly_elements, fraction)");
    if constexpr (selector_type::numbered && !pattern_type::is_single) {
      index_t cells = 0; // their number, and twice of it for `scoped_checked`
      if (state.ok() && (!detail::multiply_fits(selector.units(), pattern.cells(), cells) ||
                         (cells >> detail::site_space::max_bits) != 0))
        state = {refusal::space_too_large, 0, 0, detail::site_space::max_bits,
                 "bind (events times cells of the pattern)"};
    }
    if (state.ok())
      state = detail::check_model<Fault, T>(fault_, selector.units());

    return plan<T, Capacity, selector_type, detail::remove_const_t<decltype(region)>, family_type,
                pattern_type, codec_type, Fault, Lifetime, Observer>(
        e, state, selector, region, family, pattern, codec, fault_, lifetime_, observer_);
  }

  template <class... Unused>
  BITFAULT_FN static constexpr disabled_scope nothing(const Unused&...) noexcept {
    return {};
  }
  template <class Executor>
  static constexpr disabled_scope no_checked_scope() noexcept {
    static_assert(detail::always_false<Executor>, "bitfault: scoped_checked: it is for the host's "
                                                  "memory; on a device use scoped");
    return {};
  }
  template <template <class...> class Scope, class Executor, class View>
  constexpr auto scope_in(const Executor& executor, const View& view, const fault_key& key,
                          span<word_t<typename View::element_type>> scratch) const {
    return scope<Scope>(bind(view), executor, view, key, caller_scratch<View>{scratch});
  }

  template <class Executor, class View>
  constexpr auto enabled_scope(const Executor& executor, const View& view,
                               const fault_key& key) const {
    const auto bound = bind(view);
    if constexpr (requires { Executor::on_device; })
      return executor.scoped(bound, view, key);
    else if constexpr (decltype(bound)::undo_kind == undo::nothing)
      return scope<fault_scope>(bound, executor, view, key, caller_scratch<View>{});
    else
      return scope<fault_scope>(bound, executor, view, key,
                                allocated(bound, bound.required_scratch(key), key));
  }

  template <element T>
  BITFAULT_FN constexpr status format_status() const noexcept {
    if constexpr (requires { format_.template check<T>(); })
      return format_.template check<T>();
    else
      return {};
  }

  /// Scratch from the heap, found by the name `allocate_scratch` if the hosted header is there.
  template <class Plan, class Key>
  static auto allocated(const Plan&, index_t words, const Key& key) {
    using word = word_t<typename Plan::element_type>;
    if constexpr (requires { allocate_scratch(key, word{}, words); }) {
      return allocate_scratch(key, word{}, words);
    } else {
      static_assert(detail::always_false<Plan>,
                    "bitfault: scoped: these faults need scratch; give it as a span, or include "
                    "<bitfault/backends/host/scratch.hpp>");
      return detail::borrowed_scratch<word>{};
    }
  }

  template <template <class...> class Scope, class Plan, class Executor, class View, class Scratch>
  static constexpr auto scope(const Plan& bound, const Executor& executor, const View& view,
                              const fault_key& key, Scratch scratch) {
    Scope<Plan, View, Executor, Scratch> result(bound, view, key, executor,
                                                static_cast<Scratch&&>(scratch));
    detail::report(result.status());
    return result;
  }

  BITFAULT_NO_UNIQUE_ADDRESS Fault fault_;
  BITFAULT_NO_UNIQUE_ADDRESS Selector selector_;
  BITFAULT_NO_UNIQUE_ADDRESS Region region_;
  BITFAULT_NO_UNIQUE_ADDRESS Bits bits_;
  BITFAULT_NO_UNIQUE_ADDRESS Pattern pattern_;
  BITFAULT_NO_UNIQUE_ADDRESS Format format_;
  BITFAULT_NO_UNIQUE_ADDRESS Lifetime lifetime_;
  BITFAULT_NO_UNIQUE_ADDRESS Observer observer_;
};

} // namespace bitfault
