// SPDX-License-Identifier: MIT
#include <bitfault/random/binomial_blocks.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using bitfault::binomial_blocks;
using bitfault::fault_key;
using bitfault::philox_block;
using bitfault::place_cutter;
using bitfault::probability;
using bitfault::purpose;
using bitfault::random_stream;

namespace {

constexpr binomial_blocks table(double p) { return binomial_blocks(probability(p).part); }

constexpr unsigned golden_counts[8] = {0, 1, 2, 3, 5, 8, 12, 20};

struct golden {
  double p;
  int exponent;
  std::uint64_t threshold[8]; ///< floor(2^64 P(count <= j)) for the j of golden_counts
};

// Binomial distribution functions, summed with 600 bits (Python, mpmath 1.3), for the exact values
// of the doubles.
constexpr golden goldens[] = {
    {0x1p-6,
     9,
     {0x0014A3A7F125D737, 0x00BC5FD83B7DF15F, 0x0364A22A4C8DE9AC, 0x0A9040CEDC1E97F1,
      0x3067406CA551B914, 0x97B15F237A214F5D, 0xF00E187856C79C39, 0xFFFAC3C4A7CDE0B1}},
    {0x1.fffffffffffffp-7,
     10,
     {0x000001A9FADCF92C, 0x00001CB5D8219E87, 0x0000F84D0748DD0B, 0x00059BB76E8ED9C6,
      0x005540D880BA7560, 0x05701748BFE29A21, 0x30E806BBABD3BFC9, 0xDEB3D1371C6A3ED7}},
    {0.015,
     10,
     {0x0000032FF1710C8C, 0x000034E3AF8E66F2, 0x0001B8093E98BA9A, 0x0009907B86202B9B,
      0x0086CC77D0591EF3, 0x07B4F43F57FBE060, 0x3CA63430B233A97B, 0xE71812A1E06C1ACA}},
    {0.01,
     10,
     {0x0002390FBAFD10AA, 0x0019371C750D40E9, 0x0090025E3660E4DF, 0x0228C9DBA1F27C32,
      0x0EC2828212EE347C, 0x4E24BCABED4149D0, 0xC4E7B1C017B0C5C3, 0xFF7E3D3BA5CF6337}},
    {0x1p-7,
     10,
     {0x00154E139DF408D1, 0x00C11640E828B8BE, 0x0374F2E73041753A, 0x0AB4CF3503CA5CAE,
      0x30AE45D6A7FB15D2, 0x97B13ABE1E73CD9E, 0xEFDC67B29F2EB1D0, 0xFFFA5107273FDFCD}},
    {0x1.fffffffffffffp-8,
     9,
     {0x049DA0A5BB8D047C, 0x17395AB0BFC98EF0, 0x3CA9127C5467A249, 0x6EC5ABC94FC043AD,
      0xC9269AC72666725C, 0xFAA663C7434A4F1B, 0xFFEF583C920FA963, 0xFFFFFFF9B8744F34}},
    {1e-3,
     11,
     {0x20FD00D065494923, 0x649DAEAFE4B851C2, 0xA9E6F260B968BB7B, 0xD933DEBB3491FBFD,
      0xFB50936E4FB75BA7, 0xFFEDB9E0591F93E6, 0xFFFFFB9720FD8D36, 0xFFFFFFFFFFFD83B4}},
    {1e-4,
     15,
     {0x09A981048F51AB51, 0x29537E0E19D31BD3, 0x5D354447B59B106F, 0x95E11247CE99AEB5,
      0xE2BAAD790EE840A9, 0xFE4E75C1B574B45A, 0xFFFD69E46C23DF08, 0xFFFFFFFFC0A7E40E}},
    {1e-6,
     21,
     {0x1F702F47B5F0488B, 0x615E77DAB5AAD0FB, 0xA680A3F35A20B0C7, 0xD6D48F63C3176857,
      0xFACB9DDAE0F02CE4, 0xFFEA1BAC09707939, 0xFFFFFA1AFB3B9E82, 0xFFFFFFFFFFFBC173}},
    {1e-12,
     41,
     {0x1C64B12542DF3ED5, 0x5AD4B6F44712BA85, 0x9F7B555E5F51223F, 0xD1CDAA509628A7F7,
      0xF9A28F0EB4B37FFF, 0xFFE1536F4F055AD7, 0xFFFFF60DC6B28772, 0xFFFFFFFFFFF5912B}},
    {0x1p-61,
     62,
     {0x22A555477F03973E, 0x67EFFFD67D0AC5BE, 0xAD3AAA657B11F43E, 0xDB6C716F79C16894,
      0xFBC27CC345A2A069, 0xFFF0704B7D97AE97, 0xFFFFFC85739BC990, 0xFFFFFFFFFFFE47DD}},
    {1e-30,
     62,
     {0xFFFFFFFFFAEDED00, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
      0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF}},
};

} // namespace

TEST_CASE("thresholds are the binomial distribution function") {
  // Stated in docs/design/sampling.md: an error below 2e-18, which is 37 units of 2^-64.
  std::uint64_t worst = 0;
  for (const golden& g : goldens) {
    const binomial_blocks blocks = table(g.p);
    CAPTURE(g.p);
    CHECK(blocks.exponent == g.exponent);
    for (int i = 0; i < 8; ++i) {
      // Beyond the table the distribution function is 1 but for less than 2^-59.
      const std::uint64_t ours =
          golden_counts[i] < blocks.size ? blocks.threshold[golden_counts[i]] : ~std::uint64_t{0};
      const std::uint64_t error = std::max(ours, g.threshold[i]) - std::min(ours, g.threshold[i]);
      CAPTURE(i, ours, g.threshold[i]);
      CHECK(error <= 37);
      worst = std::max(worst, error);
    }
  }
  // Measured with g++ 12: 1 unit.
  CAPTURE(worst);
  CHECK(worst <= 37);
}

TEST_CASE("a table goes on until next to nothing is left, and never falls") {
  chance::numbers any(1);
  std::vector<double> rates;
  for (const golden& g : goldens)
    rates.push_back(g.p);
  for (int i = 0; i < 300; ++i)
    rates.push_back(std::ldexp(1 + static_cast<double>(any.next() >> 12) * 0x1p-52,
                               -7 - static_cast<int>(any.below(110))));
  for (const double p : rates) {
    const binomial_blocks blocks = table(p);
    CAPTURE(p, int{blocks.size});
    const bool complete = blocks.size > 0 && blocks.size < binomial_blocks::max_count &&
                          ~blocks.threshold[blocks.size - 1] < 32;
    CHECK(complete);
    CHECK(std::is_sorted(blocks.threshold, blocks.threshold + blocks.size));
  }
}

TEST_CASE("the mean of a table is that of its block") {
  // Sums P(count > j) over the table: 2^exponent * p, for any p and not only the golden ones.
  chance::numbers any(2);
  for (int i = 0; i < 200; ++i) {
    const double p = std::ldexp(1 + static_cast<double>(any.next() >> 12) * 0x1p-52,
                                -7 - static_cast<int>(any.below(54)));
    const binomial_blocks blocks = table(p);
    double mean = 0;
    for (unsigned j = 0; j < blocks.size; ++j)
      mean += std::ldexp(static_cast<double>(~blocks.threshold[j]), -64);
    CAPTURE(p);
    CHECK(mean == Approx(std::ldexp(p, blocks.exponent)).epsilon(1e-13));
  }
}

TEST_CASE("blocks have 8 to 16 faults from 2^-7 on and 2 to 4 below") {
  for (const golden& g : goldens) {
    const binomial_blocks blocks = table(g.p);
    const double mean = std::ldexp(g.p, blocks.exponent);
    CAPTURE(g.p, mean);
    if (g.p >= 0x1p-7)
      CHECK((mean >= 8 && mean < 16));
    else if (blocks.exponent < 62)
      CHECK((mean >= 2 && mean < 4));
    else
      CHECK(mean <= 2);
    CHECK(blocks.small() == (g.p >= 0x1p-9));
  }
}

TEST_CASE("the count is the number of thresholds at or below the uniform word") {
  for (const golden& g : goldens) {
    const binomial_blocks blocks = table(g.p);
    CHECK(blocks.count(0) == 0);
    CHECK(blocks.count(~std::uint64_t{0}) <= blocks.size);
    unsigned before = 0;
    bool counted = true, grows = true;
    for (unsigned j = 0; j < blocks.size; ++j) {
      const std::uint64_t t = blocks.threshold[j];
      for (const std::uint64_t u : {t - 1, t, t + 1}) {
        if (u == ~std::uint64_t{0} && t == 0)
          continue; // 0 - 1
        const auto due = static_cast<unsigned>(
            std::upper_bound(blocks.threshold, blocks.threshold + blocks.size, u) -
            blocks.threshold);
        counted = counted && blocks.count(u) == due;
      }
      grows = grows && blocks.count(t) >= before;
      before = blocks.count(t);
    }
    CAPTURE(g.p);
    CHECK(counted);
    CHECK(grows);
  }
}

TEST_CASE("tables can be made at compile time") {
  constexpr binomial_blocks blocks = table(1e-6);
  STATIC_REQUIRE(blocks.exponent == 21);
  STATIC_REQUIRE(blocks.count(blocks.threshold[2]) == 3);
}

TEST_CASE("places are cut from words, lowest bits first") {
  const random_stream stream(fault_key{.seed = 3, .trial = 4});
  for (unsigned width = 1; width <= 62; ++width) {
    for (const std::uint64_t block :
         {std::uint64_t{0}, std::uint64_t{77}, std::uint64_t{1} << 40}) {
      // The words of the block in their order, and how many places a word gives.
      std::vector<std::uint32_t> words;
      for (std::uint32_t call = 1; call <= 40; ++call)
        for (const std::uint32_t w : stream.block(purpose::block, block, call).word)
          words.push_back(w);
      std::vector<std::uint64_t> due;
      if (width > 32)
        for (std::size_t i = 0; i + 1 < words.size(); i += 2)
          due.push_back((words[i] | (std::uint64_t{words[i + 1]} << 32)) &
                        ((std::uint64_t{1} << width) - 1));
      else
        for (const std::uint32_t w : words)
          for (unsigned i = 0; i < 32 / width; ++i)
            due.push_back((w >> (i * width)) & ((std::uint64_t{1} << width) - 1));
      place_cutter alone(stream, block, width), given(stream, block, width);
      given.first_words(stream.block(purpose::block, block, 1));
      bool same = true;
      for (std::size_t i = 0; i < 70 && i < due.size(); ++i)
        same = same && alone.next() == due[i] && given.next() == due[i];
      CAPTURE(width, block);
      CHECK(same);
    }
  }
}
