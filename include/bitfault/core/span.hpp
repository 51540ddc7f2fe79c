// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "traits.hpp"

#include <cstddef>

namespace bitfault {

namespace detail {

/// A sequence that says where its elements lie, one behind the other: std::vector, std::array,
/// std::span and their like. T may add const to the elements, and nothing else.
template <class Sequence, class T>
concept sequence_of = requires(Sequence& s) {
  requires detail::convertible_to < detail::remove_pointer_t<decltype(s.data())>(*)
  [], T(*)[] > ;
  { s.size() } -> detail::convertible_to<std::size_t>;
};

/// A type that copies cheaply and does not own its elements, like std::span: a const one still
/// refers to elements that may be written. (std::array and its like copy their elements.)
template <class Sequence>
concept borrowing = detail::is_trivially_copyable_v<Sequence> && requires(const Sequence& s) {
  { s.data() } -> detail::same_as<typename Sequence::element_type*>;
};

/// The type of a list's elements, or a number's own.
template <class X>
struct listed {
  using type = X;
};
template <class X>
  requires requires(const X& x) { x[0]; }
struct listed<X> {
  static const X& list();
  using type = detail::remove_cvref_t<decltype(list()[0])>;
};
template <class X>
using listed_t = typename listed<detail::remove_cvref_t<X>>::type;

} // namespace detail

/// Elements that lie one behind the other and belong to somebody else: std::span without <span>,
/// which takes the compiler about as long to read as all of the freestanding core. Made from
/// whatever has data() and size(), std::span included, and from arrays; a temporary that owns its
/// elements is not accepted. Host, device, freestanding.
template <class T>
class span {
public:
  using element_type = T;
  using value_type = detail::remove_cv_t<T>;

  constexpr span() = default;
  BITFAULT_FN constexpr span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  BITFAULT_FN constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
  BITFAULT_CALLS_GIVEN
  template <class Sequence>
    requires(!detail::is_same_v<detail::remove_cvref_t<Sequence>, span> &&
             detail::sequence_of<detail::remove_reference_t<Sequence>, T> &&
             (detail::is_lvalue_reference_v<Sequence> ||
              detail::borrowing<detail::remove_cvref_t<Sequence>>))
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): spans themselves are excluded above
  BITFAULT_FN constexpr span(Sequence&& s) noexcept
      : data_(s.data()), size_(static_cast<std::size_t>(s.size())) {}

  BITFAULT_FN constexpr T* data() const noexcept { return data_; }
  BITFAULT_FN constexpr std::size_t size() const noexcept { return size_; }
  BITFAULT_FN constexpr bool empty() const noexcept { return size_ == 0; }
  BITFAULT_FN constexpr T* begin() const noexcept { return data_; }
  BITFAULT_FN constexpr T* end() const noexcept { return data_ + size_; }
  /// Requires i < size().
  BITFAULT_FN constexpr T& operator[](std::size_t i) const noexcept { return data_[i]; }
  /// `count` elements from number `offset` on. Requires offset + count <= size().
  BITFAULT_FN constexpr span subspan(std::size_t offset, std::size_t count) const noexcept {
    return {data_ + offset, count};
  }

private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace bitfault
