// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/memory.hpp"
#include "../../core/traits.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault::detail {

/// Atomic operations on words of 32 and 64 bits, the widths that a GPU has: relaxed, because a call
/// ends before anybody looks.
template <class W>
struct atomic_word {
#if defined(__CUDA_ARCH__)
  using native = detail::conditional_t<sizeof(W) == 4, unsigned int, unsigned long long>;
  BITFAULT_FN static native* at(W* p) noexcept { return reinterpret_cast<native*>(p); }
  BITFAULT_FN static W load(W* p) noexcept { return *static_cast<volatile W*>(p); }
  BITFAULT_FN static W flip(W* p, W mask) noexcept { return atomicXor(at(p), native{mask}); }
  BITFAULT_FN static W set(W* p, W mask) noexcept { return atomicOr(at(p), native{mask}); }
  BITFAULT_FN static W clear(W* p, W mask) noexcept {
    return atomicAnd(at(p), static_cast<native>(~mask));
  }
  BITFAULT_FN static W add(W* p, W n) noexcept { return atomicAdd(at(p), native{n}); }
  /// Replaces `expected` by `wanted`; else `expected` becomes what is there.
  BITFAULT_FN static bool replace(W* p, W& expected, W wanted) noexcept {
    const W found = atomicCAS(at(p), native{expected}, native{wanted});
    const bool done = found == expected;
    expected = found;
    return done;
  }
#else
  BITFAULT_FN static W load(W* p) noexcept { return __atomic_load_n(p, __ATOMIC_RELAXED); }
  BITFAULT_FN static W flip(W* p, W mask) noexcept {
    return __atomic_fetch_xor(p, mask, __ATOMIC_RELAXED);
  }
  BITFAULT_FN static W set(W* p, W mask) noexcept {
    return __atomic_fetch_or(p, mask, __ATOMIC_RELAXED);
  }
  BITFAULT_FN static W clear(W* p, W mask) noexcept {
    return __atomic_fetch_and(p, static_cast<W>(~mask), __ATOMIC_RELAXED);
  }
  BITFAULT_FN static W add(W* p, W n) noexcept {
    return __atomic_fetch_add(p, n, __ATOMIC_RELAXED);
  }
  BITFAULT_FN static bool replace(W* p, W& expected, W wanted) noexcept {
    return __atomic_compare_exchange_n(p, &expected, wanted, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
  }
#endif
};

/// Taken for the few bytes of a tensor whose aligned 32-bit word reaches outside of it.
#if defined(__CUDACC__)
// Each source file has one of its own: nvcc asks for that, and two files do not inject into one
// tensor at the same time.
[[maybe_unused]] static __device__ std::uint32_t device_ragged_lock = 0;
#endif
inline std::uint32_t host_ragged_lock = 0;

class ragged_lock {
public:
  BITFAULT_FN ragged_lock() noexcept {
#if defined(__CUDA_ARCH__)
    while (atomicCAS(&device_ragged_lock, 0u, 1u) != 0u) {
    }
    __threadfence();
#else
    while (__atomic_exchange_n(&host_ragged_lock, 1u, __ATOMIC_ACQUIRE) != 0u) {
    }
#endif
  }
  BITFAULT_FN ~ragged_lock() {
#if defined(__CUDA_ARCH__)
    __threadfence();
    atomicExch(&device_ragged_lock, 0u);
#else
    __atomic_store_n(&host_ragged_lock, 0u, __ATOMIC_RELEASE);
#endif
  }
  ragged_lock(const ragged_lock&) = delete;
  ragged_lock& operator=(const ragged_lock&) = delete;
};

/// How words of a tensor are changed where several threads may change one of them. A GPU has no
/// atomic operations on 8 and 16 bits, so those elements are changed through the aligned 32-bit
/// word that they lie in; where that word reaches outside of the tensor's bytes it is not touched,
/// and the element is changed under a lock.
class device_memory {
public:
  device_memory() = default;
  /// The bytes of the tensor: from `begin` to before `end`.
  device_memory(const void* begin, const void* end) noexcept
      : begin_(reinterpret_cast<std::uintptr_t>(begin)),
        end_(reinterpret_cast<std::uintptr_t>(end)) {}

  template <element T>
  BITFAULT_FN word_t<T> flip(T* p, word_t<T> mask) const noexcept {
    if constexpr (sizeof(T) >= 4)
      return atomic_word<word_t<T>>::flip(word_at(p), mask);
    else if (const place at(p, *this); at.inside)
      return at.part<T>(atomic_word<std::uint32_t>::flip(at.word, at.shifted<T>(mask)));
    else
      return under_lock(p, [mask](word_t<T> w) { return w ^ mask; });
  }
  template <element T>
  BITFAULT_FN word_t<T> set(T* p, word_t<T> mask) const noexcept {
    if constexpr (sizeof(T) >= 4)
      return atomic_word<word_t<T>>::set(word_at(p), mask);
    else if (const place at(p, *this); at.inside)
      return at.part<T>(atomic_word<std::uint32_t>::set(at.word, at.shifted<T>(mask)));
    else
      return under_lock(p, [mask](word_t<T> w) { return w | mask; });
  }
  template <element T>
  BITFAULT_FN word_t<T> clear(T* p, word_t<T> mask) const noexcept {
    if constexpr (sizeof(T) >= 4)
      return atomic_word<word_t<T>>::clear(word_at(p), mask);
    else if (const place at(p, *this); at.inside)
      return at.part<T>(atomic_word<std::uint32_t>::clear(at.word, at.shifted<T>(mask)));
    else
      return under_lock(p, [mask](word_t<T> w) { return w & ~mask; });
  }
  /// Replaces the word w at `p` by f(w), which may be asked several times; returns w.
  template <element T, class F>
  BITFAULT_FN word_t<T> update(T* p, F f) const noexcept {
    using word = word_t<T>;
    if constexpr (sizeof(T) >= 4) {
      word before = atomic_word<word>::load(word_at(p));
      while (!atomic_word<word>::replace(word_at(p), before, static_cast<word>(f(before)))) {
      }
      return before;
    } else {
      const place at(p, *this);
      if (!at.inside)
        return under_lock(p, f);
      std::uint32_t before = atomic_word<std::uint32_t>::load(at.word);
      for (;;) {
        const word old = at.part<T>(before);
        const auto wanted = static_cast<word>(f(old));
        if (atomic_word<std::uint32_t>::replace(
                at.word, before, before ^ at.shifted<T>(static_cast<word>(old ^ wanted))))
          return old;
      }
    }
  }

private:
  template <element T>
  BITFAULT_FN static word_t<T>* word_at(T* p) noexcept {
    // For atomic operations only, see `atomic_memory`.
    return reinterpret_cast<word_t<T>*>(p);
  }

  /// Where an element of 8 or 16 bits lies in its aligned 32-bit word.
  struct place {
    std::uint32_t* word;
    unsigned shift;
    bool inside;

    template <class T>
    BITFAULT_FN place(T* p, const device_memory& tensor) noexcept {
      const auto address = reinterpret_cast<std::uintptr_t>(p);
      const std::uintptr_t aligned = address & ~std::uintptr_t{3};
      const auto byte = static_cast<unsigned>(address - aligned);
      word = reinterpret_cast<std::uint32_t*>(reinterpret_cast<unsigned char*>(p) - byte);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
      shift = 8 * static_cast<unsigned>(4 - sizeof(T) - byte);
#else
      shift = 8 * byte;
#endif
      inside = aligned >= tensor.begin_ && tensor.end_ - aligned >= 4;
    }
    template <class T>
    BITFAULT_FN std::uint32_t shifted(word_t<T> mask) const noexcept {
      return static_cast<std::uint32_t>(mask) << shift;
    }
    template <class T>
    BITFAULT_FN word_t<T> part(std::uint32_t whole) const noexcept {
      return static_cast<word_t<T>>(whole >> shift);
    }
  };

  template <element T, class F>
  BITFAULT_FN static word_t<T> under_lock(T* p, F f) noexcept {
    using word = word_t<T>;
    const ragged_lock lock;
    // Volatile: the word must not be one that was read before the lock was taken.
    auto* const at = reinterpret_cast<volatile word*>(p);
    const word before = *at;
    *at = static_cast<word>(f(before));
    return before;
  }

  std::uintptr_t begin_ = 0;
  std::uintptr_t end_ = 0;
};

} // namespace bitfault::detail
