// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/bits.hpp"
#include "../../core/span.hpp"
#include "../../random/fault_key.hpp"

#include <vector>

namespace bitfault {

/// Scratch from the heap, for `scoped` without a span.
template <class Word>
class heap_scratch {
public:
  explicit heap_scratch(index_t words) : words_(words) {}
  span<Word> get() noexcept { return words_; }

private:
  std::vector<Word> words_;
};

/// What `injector::scoped` looks for where a fault has to keep something.
template <class Word>
heap_scratch<Word> allocate_scratch(const fault_key& /*key*/, Word /*type*/, index_t words) {
  return heap_scratch<Word>(words);
}

} // namespace bitfault
