// SPDX-License-Identifier: MIT
#pragma once

#include "tensor_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitfault::campaign {

/// Faults in memory that inference reads and does not rewrite. They are taken back in the end, the
/// last one first, also when something is thrown: several may lie in one word.
class overwritten_words {
public:
  overwritten_words() = default;
  overwritten_words(const overwritten_words&) = delete;
  overwritten_words& operator=(const overwritten_words&) = delete;
  ~overwritten_words() { take_back(); }

  /// Writes a word. The tensor must outlive this.
  void overwrite(const tensor_ref& memory, index_t element, std::uint64_t word) {
    kept_.push_back({&memory, element, memory.load(element), word});
    memory.store(element, word);
  }

  /// Calls f() while the memory is what it was.
  template <class F>
  void without(const F& f) {
    struct put_again {
      const std::vector<kept_word>* words;
      ~put_again() {
        for (const kept_word& k : *words)
          k.memory->store(k.element, k.after);
      }
    };
    take_back();
    const put_again after{&kept_};
    f();
  }

private:
  struct kept_word {
    const tensor_ref* memory;
    index_t element;
    std::uint64_t before;
    std::uint64_t after;
  };

  void take_back() noexcept {
    for (std::size_t i = kept_.size(); i-- > 0;)
      kept_[i].memory->store(kept_[i].element, kept_[i].before);
  }

  std::vector<kept_word> kept_;
};

} // namespace bitfault::campaign
