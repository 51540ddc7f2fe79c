// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/core/element.hpp>
#include <bitfault/core/policy.hpp>
#include <bitfault/core/real.hpp>
#include <bitfault/formats/codec.hpp>

#include <cstdint>
#include <type_traits>

/// How many codes do not come back from decoding and encoding: all are tried up to 16 bits, else
/// every `stride`-th.
template <bitfault::element T, class Format>
std::uint64_t lost_codes(const Format& format, std::uint64_t stride = 1) {
  const auto codec = format.template codec<T>();
  using codec_type = decltype(codec);
  static_assert(bitfault::codec_for<codec_type, T>);
  static_assert(Format::policy_kind == bitfault::kind::format);
  using code = typename std::remove_const_t<codec_type>::code;
  std::uint64_t lost = 0;
  for (std::uint64_t c = 0; c >> codec.layout.bits == 0; c += stride)
    lost += codec.encode(codec.decode(static_cast<code>(c))) != c;
  return lost;
}

/// The value that an element has after it was seen through the format.
template <bitfault::element T, class Format>
double seen(const Format& format, double value) {
  const auto codec = format.template codec<T>();
  const auto word = bitfault::to_word(bitfault::from_real<T>(value));
  return bitfault::to_real(bitfault::from_word<T>(codec.decode(codec.encode(word))));
}

/// An element's code.
template <bitfault::element T, class Format>
std::uint64_t code_of(const Format& format, double value) {
  return format.template codec<T>().encode(bitfault::to_word(bitfault::from_real<T>(value)));
}
