// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/error.hpp"

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace bitfault {

/// How words are changed when several threads may hit one of them: relaxed atomics, which cost what
/// plain accesses do because the work waits for memory anyway.
struct atomic_memory {
  template <element T>
  static word_t<T>* word_at(T* p) noexcept {
    // For the __atomic builtins only, which GCC 12 and Clang 14 compile as accesses that may alias
    // anything. A plain access through this pointer would break the rules of aliasing.
    return reinterpret_cast<word_t<T>*>(p);
  }
  template <element T, class F>
  static word_t<T> update(T* p, F f) noexcept {
    auto* const word = word_at(p);
    word_t<T> before = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(word, &before, static_cast<word_t<T>>(f(before)), true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return before;
  }
  template <element T>
  static word_t<T> flip(T* p, word_t<T> mask) noexcept {
    return __atomic_fetch_xor(word_at(p), mask, __ATOMIC_RELAXED);
  }
  template <element T>
  static word_t<T> set(T* p, word_t<T> mask) noexcept {
    return __atomic_fetch_or(word_at(p), mask, __ATOMIC_RELAXED);
  }
  template <element T>
  static word_t<T> clear(T* p, word_t<T> mask) noexcept {
    return __atomic_fetch_and(word_at(p), static_cast<word_t<T>>(~mask), __ATOMIC_RELAXED);
  }
  template <element T>
  static void store(T* p, word_t<T> word) noexcept {
    __atomic_store_n(word_at(p), word, __ATOMIC_RELAXED);
  }
};

namespace detail {

/// How many threads are meant: as many as asked for; for 0, one for each of the machine's `cores`
/// (where that is not known it is 0), at most `limit`.
constexpr unsigned thread_count(unsigned asked, unsigned cores, unsigned limit) noexcept {
  if (asked != 0)
    return asked;
  return cores == 0 ? 1 : cores < limit ? cores : limit;
}

} // namespace detail

/// The executor that spreads the work over threads: `injector.apply(threads{8}, view, key)`. The
/// faults are the same for any number of threads. Small work stays in the calling thread. Threads
/// are started for each call, which costs some ten microseconds each; 0 means one for each core, at
/// most 256. A count above 256 is refused.
class threads {
public:
  using memory = atomic_memory;
  static constexpr unsigned batch = 128;
  static constexpr unsigned max_pieces = 256;

  threads() : threads(0) {}
  template <std::integral I>
  explicit threads(I count, index_t units_per_thread = 4096)
      : count_(detail::thread_count(static_cast<unsigned>(count),
                                    std::thread::hardware_concurrency(), max_pieces)),
        units_per_thread_(units_per_thread == 0 ? 1 : units_per_thread) {
    if (std::cmp_less(count, 0) || std::cmp_greater(count, max_pieces))
      status{refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(count)),
             max_pieces, "threads (at most 256)"}
          .or_throw();
  }

  unsigned pieces(index_t units) const noexcept {
    const index_t useful = units / units_per_thread_ + 1;
    return useful < count_ ? static_cast<unsigned>(useful) : count_;
  }

  /// If a thread cannot be started, its piece runs in the calling thread.
  template <class Body>
  void run(unsigned count, Body body) const noexcept {
    std::unique_ptr<std::jthread[]> workers(count > 1 ? new (std::nothrow) std::jthread[count - 1]
                                                      : nullptr);
    for (unsigned piece = 1; piece < count; ++piece) {
      bool started = false;
      if (workers) {
        try {
          workers[piece - 1] = std::jthread([&body, piece] { body(piece); });
          started = true;
        } catch (const std::exception&) { // out of threads: work on without them
        }
      }
      if (!started)
        body(piece);
    }
    body(0);
  }

private:
  unsigned count_;
  index_t units_per_thread_;
};

} // namespace bitfault
