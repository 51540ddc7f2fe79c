// SPDX-License-Identifier: MIT
#include <bitfault/random/permutation.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

using bitfault::fault_key;
using bitfault::index_t;
using bitfault::keyed_permutation;
using bitfault::permutation_shape;
using bitfault::random_stream;

// The limit of chance.hpp applies about 130 times here: one sound permutation in some 13,000 would
// fail.

namespace {

keyed_permutation permutation(const permutation_shape& shape, std::uint64_t trial) {
  return {shape, random_stream(fault_key{.seed = 20, .trial = trial})};
}

/// Whether at() takes each value once, place_of() turns it back, and fill() gives the same.
bool is_bijection(index_t size, std::uint64_t trial) {
  const keyed_permutation order = permutation(permutation_shape(size), trial);
  std::vector<char> seen(size, 0);
  for (index_t i = 0; i < size; ++i) {
    const index_t value = order.at(i);
    if (value >= size || seen[value] != 0 || order.place_of(value) != i)
      return false;
    seen[value] = 1;
  }
  // Pieces of every length up to 70, so that whole lanes and rests begin anywhere.
  std::vector<index_t> piece(70);
  unsigned length = 0;
  for (index_t first = 0; first < size; first += length) {
    length = length % 70 + 1;
    const auto count = static_cast<unsigned>(std::min<index_t>(length, size - first));
    order.fill(first, count, piece.data());
    for (unsigned i = 0; i < count; ++i)
      if (piece[i] != order.at(first + i))
        return false;
  }
  return true;
}

/// The same without AVX2, which a constant expression does not have.
template <unsigned Count>
constexpr std::array<index_t, Count> filled(const permutation_shape& shape, index_t first) {
  std::array<index_t, Count> sites{};
  keyed_permutation(shape, random_stream(fault_key{.seed = 20, .trial = 3}))
      .fill(first, Count, sites.data());
  return sites;
}

/// z of the ordered pairs (value at place i, value at place j) over `keys` keys.
double pairs_z(index_t size, index_t i, index_t j, std::uint64_t keys) {
  const permutation_shape shape(size);
  std::vector<std::uint32_t> table(size * size, 0);
  for (std::uint64_t key = 0; key < keys; ++key) {
    const keyed_permutation order = permutation(shape, key);
    ++table[order.at(i) * size + order.at(j)];
  }
  std::vector<std::uint32_t> pairs;
  for (index_t a = 0; a < size; ++a)
    for (index_t b = 0; b < size; ++b)
      if (a != b)
        pairs.push_back(table[a * size + b]);
  return chance::uniform_z(pairs);
}

} // namespace

TEST_CASE("sites drawn by the processor's vectors are those of the compiler") {
  constexpr permutation_shape small(200), large(800'000'000);
  constexpr auto few = filled<70>(small, 11), some = filled<70>(large, 5);
  for (unsigned i = 0; i < 70; ++i) {
    CHECK(few[i] == permutation(small, 3).at(11 + i));
    CHECK(some[i] == permutation(large, 3).at(5 + i));
  }
  CHECK(filled<70>(small, 11) == few);
  CHECK(filled<70>(large, 5) == some);
}

TEST_CASE("every size from 1 to 300 gives a bijection, both ways and in pieces") {
  for (index_t size = 1; size <= 300; ++size) {
    CAPTURE(size);
    CHECK((is_bijection(size, 0) && is_bijection(size, 1) && is_bijection(size, size)));
  }
}

TEST_CASE("larger sizes give a bijection, both ways and in pieces") {
  for (const index_t size : {2048u, 2049u, 4095u, 5000u, 9999u, 16383u, 16385u, 32769u, 65535u,
                             65536u, 65537u, 131073u}) {
    CAPTURE(size);
    CHECK(is_bijection(size, 7));
  }
}

TEST_CASE("a permutation can be computed at compile time") {
  constexpr keyed_permutation order(permutation_shape(10), random_stream(fault_key{.seed = 1}));
  STATIC_REQUIRE(order.place_of(order.at(7)) == 7);
  constexpr bool all_there = [&] {
    unsigned seen = 0;
    for (index_t i = 0; i < 10; ++i)
      seen |= 1u << order.at(i);
    return seen == 0x3FF;
  }();
  STATIC_REQUIRE(all_there);
}

TEST_CASE("the domain is hardly larger than the space") {
  // Cycle walking costs domain / size evaluations: half a row of the domain at most is wasted.
  for (index_t size = 1; size < 5000; ++size) {
    const permutation_shape shape(size);
    const index_t domain = index_t{shape.blocks} << shape.half_bits;
    const bool fits = domain >= size && domain - size < index_t{1} << shape.half_bits &&
                      shape.rounds % 2 == 0 && shape.rounds <= permutation_shape::max_rounds;
    if (!fits)
      FAIL_CHECK("size " << size);
  }
  SUCCEED();
}

TEST_CASE("each order of few sites is equally likely") {
  // 120,000 keys: an error of 1 % in the probability of each of 24 orders would be found.
  for (const index_t size : {2u, 3u, 4u, 5u}) {
    const permutation_shape shape(size);
    std::vector<std::uint32_t> orders(size * size * size * size * size, 0);
    for (std::uint64_t key = 0; key < 120'000; ++key) {
      const keyed_permutation order = permutation(shape, key);
      index_t name = 0;
      for (index_t i = 0; i < size; ++i)
        name = name * size + order.at(i);
      ++orders[name];
    }
    std::vector<std::uint32_t> taken;
    for (const std::uint32_t n : orders)
      if (n != 0)
        taken.push_back(n);
    const std::vector<std::size_t> factorial = {1, 1, 2, 6, 24, 120};
    CAPTURE(size);
    CHECK(taken.size() == factorial[size]);
    CHECK(std::abs(chance::uniform_z(taken)) < chance::limit);
  }
}

TEST_CASE("ordered pairs of sites are equally likely in small spaces") {
  // Resolution: relative errors of the pair probabilities of about 2^-6 (S = 3) to 2^-5 (S = 100,
  // 9900 pairs) are found with 250,000 keys. The next test goes to 2^-10.
  for (const index_t size : {3u, 5u, 7u, 8u, 12u, 100u}) {
    CAPTURE(size);
    CHECK(std::abs(pairs_z(size, 0, 1, 250'000)) < chance::limit);
    CHECK(std::abs(pairs_z(size, size - 1, size / 2, 100'000)) < chance::limit);
  }
}

TEST_CASE("ordered pairs of seven sites are equally likely within 2^-10", "[.long]") {
  // 42 pairs: sqrt(5 * sqrt(84) / n) = 2^-10 needs n = 48 million keys; takes some 30 s.
  CHECK(std::abs(pairs_z(7, 0, 1, 48'000'000)) < chance::limit);
}

TEST_CASE("sites and their distances are uniform in spaces of some thousands") {
  // Sizes on both sides of the change from 8 rounds to 6 (half widths of 7 and 8 bits).
  for (const index_t size : {513u, 2049u, 5000u, 16385u, 32769u, 65537u, 131071u}) {
    const permutation_shape shape(size);
    std::vector<std::uint32_t> first(64, 0), next(64, 0), far(64, 0);
    for (std::uint64_t key = 0; key < 100'000; ++key) {
      const keyed_permutation order = permutation(shape, key);
      const index_t a = order.at(0), b = order.at(1), c = order.at(size / 2);
      ++first[a * 64 / size];
      ++next[(b + size - a) % size * 64 / size];
      ++far[(c + size - a) % size * 64 / size];
    }
    // Distance 0 is impossible, which takes 1 / size off the first cell.
    std::vector<double> expected(64);
    for (index_t d = 1; d < size; ++d)
      expected[d * 64 / size] += 100'000.0 / static_cast<double>(size - 1);
    std::vector<double> marginal(64);
    for (index_t d = 0; d < size; ++d)
      marginal[d * 64 / size] += 100'000.0 / static_cast<double>(size);
    CAPTURE(size);
    CHECK(std::abs(chance::fit_z(first, marginal)) < chance::limit);
    CHECK(std::abs(chance::fit_z(next, expected)) < chance::limit);
    CHECK(std::abs(chance::fit_z(far, expected)) < chance::limit);
  }
}

TEST_CASE("100 of 160,000 sites share elements and bits as often as chance says") {
  // 5000 elements of 32 bits. 40,000 keys find a relative error of 2.6 % in the number of pairs
  // that share an element (0.959 expected for each key), and of 0.2 % for pairs that share a bit.
  constexpr index_t size = 160'000;
  constexpr unsigned k = 100, keys = 40'000;
  const permutation_shape shape(size);
  chance::moments same_element, same_bit, adjacent;
  std::vector<index_t> sites(k);
  for (unsigned key = 0; key < keys; ++key) {
    permutation(shape, key).fill(0, k, sites.data());
    std::sort(sites.begin(), sites.end());
    unsigned of_bit[32]{}, run = 0, elements = 0, neighbours = 0, bits = 0;
    for (unsigned i = 0; i < k; ++i) {
      bits += of_bit[sites[i] % 32]++;
      run = i > 0 && sites[i] / 32 == sites[i - 1] / 32 ? run + 1 : 0;
      elements += run;
      neighbours += i > 0 && sites[i] == sites[i - 1] + 1;
    }
    same_element.add(elements);
    same_bit.add(bits);
    adjacent.add(neighbours);
  }
  // Expected numbers of pairs; nearly Poisson. (Variances are left to be within 1 % of that by the
  // finite population, far below what is tested.)
  const double pairs = k * (k - 1) / 2.0;
  const double element_pairs = pairs * 31 / (size - 1), bit_pairs = pairs * 4999 / (size - 1);
  const double neighbour_pairs = pairs * 2 / size;
  const auto fourth = [](double lambda) { return lambda * (1 + 3 * lambda); };
  CHECK(std::abs(same_element.mean_z(element_pairs, element_pairs)) < chance::limit);
  CHECK(std::abs(same_element.variance_z(element_pairs, fourth(element_pairs))) < chance::limit);
  CHECK(std::abs(adjacent.mean_z(neighbour_pairs, neighbour_pairs)) < chance::limit);
  CHECK(std::abs(adjacent.variance_z(neighbour_pairs, fourth(neighbour_pairs))) < chance::limit);
  // 32 cells: the variance is pairs * (1/32) * (31/32).
  const double bit_variance = pairs * (1 / 32.0) * (31 / 32.0);
  CHECK(std::abs(same_bit.mean_z(bit_pairs, bit_variance)) < chance::limit);
  CHECK(same_bit.variance() == Approx(bit_variance).epsilon(0.05));
}

TEST_CASE("no bit of a site goes with a bit of the same or of the next site") {
  // 2^17 sites, so that each bit is set in half of them. 17 * 16 / 2 + 17 * 17 + 17 comparisons, so
  // the limit is 6 here (2e-9 each); 40,000 keys find correlations of 3 %.
  constexpr unsigned bits = 17, keys = 40'000;
  const permutation_shape shape(index_t{1} << bits);
  std::vector<std::uint32_t> set(bits, 0), inside(bits * bits, 0), across(bits * bits, 0);
  const auto bit = [](index_t site, unsigned i) {
    return static_cast<std::uint32_t>((site >> i) & 1);
  };
  for (unsigned key = 0; key < keys; ++key) {
    const keyed_permutation order = permutation(shape, key);
    const index_t a = order.at(0), b = order.at(1);
    for (unsigned i = 0; i < bits; ++i) {
      set[i] += bit(a, i);
      for (unsigned j = 0; j < bits; ++j) {
        inside[i * bits + j] += bit(a, i) ^ bit(a, j);
        across[i * bits + j] += bit(a, i) ^ bit(b, j);
      }
    }
  }
  double worst = 0;
  for (unsigned i = 0; i < bits; ++i) {
    worst = std::max(worst, std::abs(chance::binomial_z(set[i], keys, 0.5)));
    for (unsigned j = 0; j < bits; ++j) {
      if (i != j)
        worst = std::max(worst, std::abs(chance::binomial_z(inside[i * bits + j], keys, 0.5)));
      worst = std::max(worst, std::abs(chance::binomial_z(across[i * bits + j], keys, 0.5)));
    }
  }
  CHECK(worst < 6);
}

TEST_CASE("spaces of more than 2^32 sites are permuted and scattered, too") {
  // Coincidences of 2000 sites in 2^18 cells of the highest, middle and lowest bits: 7.6 pairs a
  // key, 60 keys: an excess of a quarter is found.
  constexpr unsigned k = 2000, keys = 60, cell_bits = 18;
  std::vector<index_t> sites(k), cells(k);
  for (const index_t size : {(index_t{1} << 33) + 5, (index_t{1} << 40) - 1, index_t{1} << 61,
                             (index_t{1} << 62) - 12345, index_t{1} << 62}) {
    CAPTURE(size);
    const permutation_shape shape(size);
    bool inverse = true, in_range = true, filled = true;
    unsigned coincidences[3]{};
    chance::numbers any(size);
    for (unsigned key = 0; key < keys; ++key) {
      const keyed_permutation order = permutation(shape, key);
      const index_t first = key % 2 == 0 ? 0 : any.below(size - k);
      order.fill(first, k, sites.data());
      for (unsigned i = 0; i < k; i += 7) {
        in_range = in_range && sites[i] < size;
        filled = filled && sites[i] == order.at(first + i);
        inverse = inverse && order.place_of(sites[i]) == first + i;
      }
      const int width = bitfault::detail::ceil_log2(size);
      const int shifts[3] = {width - static_cast<int>(cell_bits), width / 2 - 9, 0};
      for (int part = 0; part < 3; ++part) {
        for (unsigned i = 0; i < k; ++i)
          cells[i] = (sites[i] >> shifts[part]) & ((1u << cell_bits) - 1);
        std::sort(cells.begin(), cells.end());
        unsigned run = 0;
        for (unsigned i = 1; i < k; ++i) {
          run = cells[i] == cells[i - 1] ? run + 1 : 0;
          coincidences[part] += run;
        }
      }
    }
    CHECK(in_range);
    CHECK(filled);
    CHECK(inverse);
    const double pairs = keys * (k * (k - 1) / 2.0);
    // The highest cells are as many as fit into the size.
    const double high_cells = static_cast<double>(
        size >> (bitfault::detail::ceil_log2(size) - static_cast<int>(cell_bits)));
    const double due[3] = {pairs / high_cells, pairs / (1u << cell_bits),
                           pairs / (1u << cell_bits)};
    for (int part = 0; part < 3; ++part)
      CHECK(std::abs(coincidences[part] - due[part]) < chance::limit * std::sqrt(due[part]));
  }
}
