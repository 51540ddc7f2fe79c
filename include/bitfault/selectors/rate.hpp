// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../random/binomial_blocks.hpp"
#include "../random/philox_lanes.hpp"
#include "../random/probability.hpp"
#include "../random/sliced_words.hpp"
#include "space.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// Which of the three draws of a rate is used; p alone decides.
enum class rate_draw : std::uint8_t {
  never,   ///< p = 0
  blocks,  ///< p < 2^-9: large blocks, a list of places each
  bitmaps, ///< p <= 2^-6: blocks of at most 1024 trials, a bitmap each
  slices   ///< above: 1024 trials at a time, bit by bit of p
};

/// Tables for one probability; made once, when the policy is written down.
struct rate_tables {
  binomial_blocks blocks{};
  sliced_words slices{};
  rate_draw draw = rate_draw::never;
  std::uint8_t unit_bits = 0; ///< a unit covers 2^unit_bits sites

  constexpr rate_tables() = default;
  BITFAULT_FN constexpr explicit rate_tables(const probability& p) noexcept {
    if (!p.valid || p.is_zero())
      return;
    constexpr std::uint64_t one_64th = std::uint64_t{1} << 58;
    if (p.one || p.part.high > one_64th) {
      draw = rate_draw::slices;
      slices = sliced_words(p);
      unit_bits = 10;
    } else {
      blocks = binomial_blocks(p.part);
      draw = blocks.small() ? rate_draw::bitmaps : rate_draw::blocks;
      unit_bits = blocks.exponent;
    }
  }
};

/// Each site on its own with one probability.
template <bool ChoosesElements>
struct bound_rate {
  static constexpr bool chooses_elements = ChoosesElements;
  static constexpr bool gives_elements = false;
  static constexpr bool numbered = false;
  static constexpr bool distinct = true;
  static constexpr bool has_bitmaps = true;

  rate_tables tables{};
  index_t sites = 0;

  BITFAULT_FN constexpr index_t units() const noexcept {
    if (sites == 0 || tables.draw == rate_draw::never)
      return 0;
    return static_cast<index_t>(((std::uint64_t{sites} - 1) >> tables.unit_bits) + 1);
  }
  /// Whether units come as bitmaps of 32-bit words (`draw::tiles`).
  BITFAULT_FN constexpr bool has_tiles() const noexcept {
    return tables.draw == rate_draw::bitmaps || tables.draw == rate_draw::slices;
  }
  BITFAULT_FN constexpr unsigned tile_words() const noexcept {
    return 1u << (tables.unit_bits - 5);
  }

  struct draw {
    const rate_tables* tables;
    index_t sites;
    random_stream stream;
    static constexpr unsigned max_tile_words = 32;

    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      if (tables->draw == rate_draw::blocks)
        visit_blocks<Batch>(first, last, sink);
      else
        visit_tiles<Batch>(first, last, sink);
    }

    /// Calls f(unit, words) for the bitmap of each unit. Bits past the last site may be set.
    template <class F>
    BITFAULT_FN constexpr void tiles(index_t first, index_t last, F&& f) const noexcept {
      std::uint32_t words[max_tile_words]{};
      if (tables->draw == rate_draw::slices) {
        for (index_t unit = first; unit < last; ++unit) {
          tables->slices.tile(stream, unit, words);
          f(unit, static_cast<const std::uint32_t*>(words));
        }
        return;
      }
      for_each_unit(first, last, [&](index_t unit, unsigned count, place_cutter& places) {
        const unsigned n = 1u << (tables->unit_bits - 5);
        for (unsigned i = 0; i < n; ++i)
          words[i] = 0;
        while (count != 0) {
          const auto place = static_cast<std::uint32_t>(places.next());
          std::uint32_t& word = words[place / 32];
          const std::uint32_t bit = std::uint32_t{1} << (place % 32);
          count -= static_cast<unsigned>((word & bit) == 0);
          word |= bit;
        }
        f(unit, static_cast<const std::uint32_t*>(words));
      });
    }

    BITFAULT_FN constexpr bool find(index_t site, std::uint64_t& event) const noexcept {
      event = site;
      if (tables->draw == rate_draw::never)
        return false;
      if (tables->draw == rate_draw::slices)
        return tables->slices.trial(stream, site);
      bool found = false;
      const auto unit = static_cast<index_t>(std::uint64_t{site} >> tables->unit_bits);
      visit<1>(unit, unit + 1, [&](const index_t* hit, unsigned n, index_t) {
        for (unsigned i = 0; i < n; ++i)
          found = found || hit[i] == site;
      });
      return found;
    }

  private:
    /// Calls f(unit, count, places) with the count of each unit and the source of its places.
    template <class F>
    BITFAULT_FN constexpr void for_each_unit(index_t unit, index_t last, F&& f) const noexcept {
      const unsigned width = tables->unit_bits;
      for (; last - unit >= 4; unit += 4) {
        std::uint32_t words[2 * 16]{};
        philox_4<2>(stream.key(), unit, 0, static_cast<std::uint32_t>(purpose::block), words);
        for (unsigned i = 0; i < 4; ++i) {
          const std::uint32_t* u = words + 4 * i;
          place_cutter places(stream, unit + i, width);
          places.first_words({{u[16], u[17], u[18], u[19]}});
          f(unit + i, tables->blocks.count(u[0] | (std::uint64_t{u[1]} << 32)), places);
        }
      }
      for (; unit < last; ++unit)
        one_unit(unit, f);
    }
    template <class F>
    BITFAULT_FN constexpr void one_unit(index_t unit, F&& f) const noexcept {
      place_cutter places(stream, unit, tables->unit_bits);
      f(unit, tables->blocks.count(stream.block(purpose::block, unit).wide(0)), places);
    }

    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit_blocks(index_t first, index_t last,
                                            Sink&& sink) const noexcept {
      index_t batch[Batch + 4 * binomial_blocks::max_count]{}; // four units between two flushes
      unsigned n = 0;
      const auto flush = [&] {
        if (n != 0)
          sink(static_cast<const index_t*>(batch), n, index_t{0});
        n = 0;
      };
      const auto exact = [&](index_t unit, unsigned count, place_cutter& places) {
        const std::uint64_t base = std::uint64_t{unit} << tables->unit_bits;
        std::uint64_t place[binomial_blocks::max_count]{};
        for (unsigned accepted = 0; accepted < count;) {
          place[accepted] = base + places.next();
          bool repeated = false;
          for (unsigned i = 0; i < accepted; ++i)
            repeated |= place[i] == place[accepted];
          accepted += repeated ? 0 : 1;
        }
        for (unsigned i = 0; i < count; ++i)
          if (place[i] < sites)
            batch[n++] = static_cast<index_t>(place[i]);
      };
      // The last unit may reach past the last site; wide places are rare enough to go one by one.
      const index_t plain_end =
          tables->unit_bits > 32 || last == 0 || (std::uint64_t{last} << tables->unit_bits) <= sites
              ? last
              : last - 1;
      index_t unit = first;
      if (tables->unit_bits <= 32)
        for (; plain_end - unit >= 4 && unit < plain_end; unit += 4) {
          fill_four(unit, batch, n, exact);
          if (n >= Batch)
            flush();
        }
      for (; unit < last; ++unit) {
        one_unit(unit, exact);
        if (n >= Batch)
          flush();
      }
      flush();
    }

    /// Four units without a branch that depends on what was drawn: eight places are cut for each
    /// and as many kept as its count says. Repeats and larger counts, both rare, are left to
    /// `exact`.
    template <class Exact>
    BITFAULT_FN constexpr void fill_four(index_t unit, index_t* batch, unsigned& n,
                                         Exact& exact) const noexcept {
      const unsigned width = tables->unit_bits;
      const auto low = static_cast<std::uint32_t>(low_bits(width));
      constexpr auto tag = static_cast<std::uint32_t>(purpose::block);
      std::uint32_t words[3 * 16]{};
      if (width <= 16)
        philox_4<2>(stream.key(), unit, 0, tag, words);
      else
        philox_4<3>(stream.key(), unit, 0, tag, words);
      for (unsigned i = 0; i < 4; ++i) {
        const std::uint32_t* const u = words + 4 * i;
        std::uint32_t place[8]{};
        if (width > 16) {
          for (unsigned w = 0; w < 8; ++w)
            place[w] = u[16 + w % 4 + 16 * (w / 4)] & low;
        } else if (width > 10) {
          for (unsigned w = 0; w < 8; ++w)
            place[w] = (u[16 + w / 2] >> (w % 2 * width)) & low;
        } else {
          for (unsigned w = 0; w < 8; ++w)
            place[w] = (u[16 + w / 3] >> (w % 3 * width)) & low;
        }
        bool repeated = false;
        for (unsigned turn = 1; turn <= 4; ++turn)
          for (unsigned w = 0; w < 8; ++w)
            repeated |= place[w] == place[(w + turn) % 8];
        const unsigned count = tables->blocks.count(u[0] | (std::uint64_t{u[1]} << 32));
        if (repeated || count > 8) {
          one_unit(unit + i, exact);
          continue;
        }
        const index_t base = (unit + i) << width;
        for (unsigned w = 0; w < 8; ++w)
          batch[n + w] = base + place[w];
        n += count;
      }
    }

    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit_tiles(index_t first, index_t last,
                                           Sink&& sink) const noexcept {
      index_t batch[Batch + 32]{};
      unsigned n = 0;
      tiles(first, last, [&](index_t unit, const std::uint32_t* words) {
        const index_t base = unit << tables->unit_bits;
        for (unsigned i = 0; i < 1u << (tables->unit_bits - 5); ++i) {
          for (std::uint32_t word = words[i]; word != 0; word &= word - 1) {
            const index_t site = base + 32 * i + static_cast<index_t>(count_trailing_zeros(word));
            if (site < sites)
              batch[n++] = site;
          }
          if (n >= Batch) {
            sink(static_cast<const index_t*>(batch), n, index_t{0});
            n = 0;
          }
        }
      });
      if (n != 0)
        sink(static_cast<const index_t*>(batch), n, index_t{0});
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& stream) const noexcept {
    return {&tables, sites, stream};
  }
};

/// What per_bit and per_element share.
template <bool ChoosesElements>
struct rate_selector {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = !ChoosesElements;

  BITFAULT_FN constexpr explicit rate_selector(double p) noexcept
      : given(p), tables(probability(p)) {}

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const site_space& space, const Extents&, const Region&,
                                  status& state) const noexcept {
    if (!probability(given).valid && state.ok())
      state = {refusal::rate_not_a_probability, 0, bit_cast<std::uint64_t>(given), 1,
               ChoosesElements ? "rate::per_element" : "rate::per_bit"};
    return bound_rate<ChoosesElements>{tables, ChoosesElements ? space.elements : space.size()};
  }

  double given;
  rate_tables tables;
};

} // namespace detail

namespace rate {

/// Each candidate bit on its own with probability p: a bit error rate. Takes the single-bit
/// families (any bit, given bits, sign, exponent ...) only.
struct per_bit : detail::rate_selector<false> {
  using detail::rate_selector<false>::rate_selector;
};

/// Each element on its own with probability p; a hit element gets one mask of the family.
struct per_element : detail::rate_selector<true> {
  using detail::rate_selector<true>::rate_selector;
};

} // namespace rate
} // namespace bitfault
