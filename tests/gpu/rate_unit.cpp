// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/backends/thrust/rate_unit.hpp>
#include <bitfault/embedded.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace bitfault;
using bitfault::detail::rate_tables;

namespace {

/// The sites of a rate as the host visits them, and as items of a launch give them, one item after
/// the other, each sorted by the number that it gives.
void check_items(double p, index_t sites, index_t most_items = 5000) {
  INFO("p = " << p << ", sites = " << sites);
  const bitfault::detail::bound_rate<false> rate{rate_tables(probability(p)), sites};
  const random_stream stream(fault_key{.seed = 11, .trial = 3});
  const auto draw = rate.start(stream);
  const index_t items = std::min(bitfault::detail::rate_items(rate), most_items);

  std::vector<index_t> device, host;
  for (index_t item = 0; item < items; ++item) {
    std::vector<std::pair<unsigned, index_t>> found;
    bitfault::detail::visit_rate_item(
        draw, item, [&](index_t site, unsigned number) { found.emplace_back(number, site); });
    std::sort(found.begin(), found.end());
    for (std::size_t i = 1; i < found.size(); ++i)
      CHECK(found[i].first != found[i - 1].first);
    for (const auto& f : found)
      device.push_back(f.second);
  }
  const bool quads = rate.tables.draw == bitfault::detail::rate_draw::slices;
  const index_t units = quads ? (items + 7) / 8 : items;
  draw.visit<1>(0, std::min(units, rate.units()),
                [&](const index_t* s, unsigned n, index_t) { host.insert(host.end(), s, s + n); });
  if (quads) // the last unit may hold quads that were left out
    std::erase_if(host, [&](index_t site) { return site / 128 >= items; });
  CHECK(!host.empty());
  CHECK(device == host);
}

} // namespace

TEST_CASE("items of a launch draw the sites of a rate that the host draws, in its order") {
  for (const double p : {1.0, 0.7, 0.02, 0.0157})
    check_items(p, 40'037, 400);
  for (const double p : {0.015, 0.008, 0.004, 0.002}) // bitmaps
    check_items(p, 1'000'003);
  for (const double p : {0.0019, 1e-3, 1e-4, 3e-6}) // lists of places
    check_items(p, 100'000'007);
  check_items(1e-9, index_t{1} << 45);
  check_items(1e-12, index_t{1} << 55); // places wider than 32 bits
}

TEST_CASE("a rate that never hits has no items") {
  const bitfault::detail::bound_rate<false> rate{rate_tables(probability(0)), 1000};
  CHECK(rate.units() == 0);
}
