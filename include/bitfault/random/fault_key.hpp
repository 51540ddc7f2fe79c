// SPDX-License-Identifier: MIT
#pragma once

#include "philox.hpp"

#include <cstdint>

namespace bitfault {

/// Names one draw of faults. The same key gives the same faults everywhere; keys that differ in any
/// member give others. They share nothing unless two keys come to the same 64 bits of Philox key,
/// which all words are made from: among n keys one such pair is expected with n^2 / 2^65 (of a
/// million keys, 3e-8). Campaigns count `trial`, tensors or layers have a `stream`, time steps of
/// transient faults a `step`.
struct fault_key {
  std::uint64_t seed = 0;
  std::uint64_t trial = 0;
  std::uint32_t stream = 0;
  std::uint32_t step = 0;

  friend constexpr bool operator==(const fault_key&, const fault_key&) = default;
};

/// What a random number is for. Each purpose has counters of its own.
enum class purpose : std::uint32_t {
  permutation = 1, ///< round keys of `exactly`
  block = 2,       ///< counts and positions of `rate`
  sliced = 3,      ///< bit-sliced words of high rates
  mask = 4,        ///< which mask an element gets
  model = 5,       ///< what a fault model draws
  lifetime = 6,    ///< when an intermittent fault is active
  entry = 7,       ///< one key for each batch entry
};

/// The stream of random words that belongs to a fault key: word i for purpose p.
class random_stream {
public:
  BITFAULT_FN constexpr explicit random_stream(const fault_key& k) noexcept {
    const philox_key seed{
        {static_cast<std::uint32_t>(k.seed), static_cast<std::uint32_t>(k.seed >> 32)}};
    const philox_block derived =
        philox(seed, {{static_cast<std::uint32_t>(k.trial),
                       static_cast<std::uint32_t>(k.trial >> 32), k.stream, k.step}});
    key_ = {{derived.word[0], derived.word[1]}};
  }

  /// Four random words for (purpose, index, call); `call` counts further blocks, below 2^24.
  template <int Rounds = 10>
  BITFAULT_FN constexpr philox_block block(purpose p, std::uint64_t index,
                                           std::uint32_t call = 0) const noexcept {
    return philox<Rounds>(key_, counter(p, index, call));
  }

  /// The counter behind `block`, for code that runs several of them side by side.
  BITFAULT_FN static constexpr philox_block counter(purpose p, std::uint64_t index,
                                                    std::uint32_t call) noexcept {
    return {{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), call,
             static_cast<std::uint32_t>(p)}};
  }
  BITFAULT_FN constexpr philox_key key() const noexcept { return key_; }

  /// A stream of its own, with a key of 64 bits, for entry i (a batch entry).
  BITFAULT_FN constexpr random_stream child(std::uint64_t i) const noexcept {
    const philox_block derived = block(purpose::entry, i);
    return random_stream(philox_key{{derived.word[0], derived.word[1]}});
  }

private:
  BITFAULT_FN constexpr explicit random_stream(philox_key key) noexcept : key_(key) {}
  philox_key key_{};
};

} // namespace bitfault
