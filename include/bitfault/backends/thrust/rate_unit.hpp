// SPDX-License-Identifier: MIT
#pragma once

#include "../../random/binomial_blocks.hpp"
#include "../../random/fault_key.hpp"
#include "../../selectors/rate.hpp"

#include <cstdint>

/// What a rate draws, one piece at a time and without an array: a thread of a GPU would keep an
/// array in memory. The sites are those of `bound_rate::draw::visit`, in another order.
namespace bitfault::detail {

/// The places of one block of trials by their number, as `place_cutter` gives them in a row.
class block_places {
public:
  BITFAULT_FN constexpr block_places(const random_stream& stream, std::uint64_t block,
                                     unsigned width) noexcept
      : stream_(&stream), block_(block), width_(width), per_word_(width > 32 ? 1 : 32 / width),
        first_(stream.block(purpose::block, block, 1)), later_(first_) {}

  BITFAULT_FN constexpr std::uint64_t at(unsigned place) noexcept {
    if (width_ > 32) {
      const std::uint64_t low = word(2 * place);
      return (low | (std::uint64_t{word(2 * place + 1)} << 32)) & low_bits(width_);
    }
    const unsigned number = place / per_word_;
    return (word(number) >> (place - number * per_word_) * width_) & low_bits(width_);
  }

private:
  BITFAULT_FN constexpr std::uint32_t word(unsigned number) noexcept {
    const unsigned call = 1 + number / 4;
    if (call == 1)
      return pick(first_, number % 4);
    if (call != later_call_) {
      later_ = stream_->block(purpose::block, block_, call);
      later_call_ = call;
    }
    return pick(later_, number % 4);
  }
  // By comparisons, because registers have no index.
  BITFAULT_FN static constexpr std::uint32_t pick(const philox_block& b, unsigned i) noexcept {
    const std::uint32_t low = i == 0 ? b.word[0] : b.word[1];
    const std::uint32_t high = i == 2 ? b.word[2] : b.word[3];
    return i < 2 ? low : high;
  }

  const random_stream* stream_;
  std::uint64_t block_;
  unsigned width_;
  unsigned per_word_;
  philox_block first_;
  philox_block later_;
  std::uint32_t later_call_ = 1;
};

/// Into how many items a rate's draw is cut: blocks of trials, or quads of 128 for high rates.
template <bool ChoosesElements>
BITFAULT_FN constexpr index_t rate_items(const bound_rate<ChoosesElements>& rate) noexcept {
  if (rate.tables.draw != rate_draw::slices)
    return rate.units();
  return rate.sites / 128 + (rate.sites % 128 != 0 ? 1 : 0);
}

/// Calls f(site, number) for the sites of an item; `number` orders them as `visit` does.
template <class Draw, class F>
BITFAULT_FN constexpr void visit_rate_item(const Draw& draw, index_t item, F&& f) noexcept {
  const rate_tables& tables = *draw.tables;
  if (tables.draw == rate_draw::slices) {
    std::uint32_t words[4]{};
    tables.slices.quad(draw.stream, item, words);
    unsigned number = 0;
    for (unsigned w = 0; w < 4; ++w)
      for (std::uint32_t left = words[w]; left != 0; left &= left - 1) {
        const index_t site = 128 * item + 32 * w + static_cast<index_t>(count_trailing_zeros(left));
        if (site < draw.sites)
          f(site, number++);
      }
    return;
  }
  const unsigned count = tables.blocks.count(draw.stream.block(purpose::block, item).wide(0));
  if (count == 0)
    return;
  block_places places(draw.stream, item, tables.unit_bits);
  const std::uint64_t base = std::uint64_t{item} << tables.unit_bits;
  unsigned accepted = 0;
  for (unsigned next = 0; accepted < count; ++next) {
    const std::uint64_t place = places.at(next);
    bool repeated = false;
    for (unsigned i = 0; i < next; ++i)
      repeated = repeated || places.at(i) == place;
    if (repeated)
      continue;
    if (base + place < draw.sites)
      f(static_cast<index_t>(base + place),
        tables.draw == rate_draw::bitmaps ? static_cast<unsigned>(place) : accepted);
    ++accepted;
  }
}

} // namespace bitfault::detail
