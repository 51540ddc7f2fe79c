// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include "../../backends/host/threads.hpp"
#include "../../core/bits.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <exception>
#include <optional>

namespace bitfault {

/// The executor that spreads the work over LibTorch's own threads, as many as
/// `at::get_num_threads()` says at each call, at most 256: `apply(injector, torch_threads{},
/// tensor, key)`. The faults are those of one thread. Between operators LibTorch's threads spin,
/// waiting for work; threads that are started for the faults (`threads{8}`) share the processors
/// with them, these do not. Small work stays in the calling thread, and so does work inside of a
/// parallel region of LibTorch's. Hosted.
class torch_threads {
public:
  using memory = atomic_memory;
  static constexpr unsigned batch = 128;
  static constexpr unsigned max_pieces = 256;
  static constexpr bool keeps_threads = true; ///< `run` starts none; they wait for work

  explicit torch_threads(index_t units_per_thread = 4096) noexcept
      : units_per_thread_(units_per_thread == 0 ? 1 : units_per_thread) {}

  unsigned pieces(index_t units) const noexcept {
    const index_t useful = units / units_per_thread_ + 1;
    const unsigned there =
        detail::thread_count(0, static_cast<unsigned>(::at::get_num_threads()), max_pieces);
    return useful < there ? static_cast<unsigned>(useful) : there;
  }

  /// Where there is no memory for LibTorch's loop, the calling thread does all pieces.
  template <class Body>
  void run(unsigned count, Body body) const noexcept {
    if (auto loop = count > 1 ? loop_over(count) : std::nullopt) {
      loop->for_each(
          [&](char** data, const std::int64_t* strides, std::int64_t pieces) {
            for (std::int64_t i = 0; i < pieces; ++i)
              body(static_cast<unsigned>(*data + i * *strides - places));
          },
          1);
      return;
    }
    for (unsigned piece = 0; piece < count; ++piece)
      body(piece);
  }

private:
  /// Piece n is the n-th address; nothing is kept there.
  static inline char places[max_pieces];

  // `at::parallel_for` would be the plain way, but its header runs all in one thread, saying
  // nothing, unless the program that includes it is compiled with OpenMP, too.
  static std::optional<::at::TensorIterator> loop_over(unsigned count) noexcept {
    try {
      ::at::Tensor pieces = ::at::from_blob(places, {count}, ::at::kByte);
      return ::at::TensorIterator::nullary_op(pieces);
    } catch (const std::exception&) { // out of memory
      return std::nullopt;
    }
  }

  index_t units_per_thread_;
};

} // namespace bitfault

#endif
