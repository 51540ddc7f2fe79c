// SPDX-License-Identifier: MIT
#include "bitfault/campaign/judge.hpp"

#include "../support/chance.hpp"
#include "catch.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bitfault::campaign {
namespace {

using row = std::vector<float>;
const float nan = std::numeric_limits<float>::quiet_NaN();
const float inf = std::numeric_limits<float>::infinity();

const std::byte* bytes(const row& r) { return reinterpret_cast<const std::byte*>(r.data()); }
output_rows rows(const row& golden, const row& faulty) {
  return {type<float>(), golden.size(), bytes(golden), bytes(faulty)};
}

/// A judge, and a record of one trial with it.
struct bench {
  judge by{classification_criteria(), "sdc_1"};
  trial_record record{};

  bench() { by.start(record); }
  golden_facts facts(const row& golden, std::optional<std::uint32_t> label = {}) {
    return by.golden(*type<float>(), golden.size(), bytes(golden), label);
  }
  std::optional<outcome> decide(const row& golden, const row& faulty, protection_report p = {},
                                std::optional<std::uint32_t> label = {}) {
    return by.decide(rows(golden, faulty), facts(golden, label), 0, p, record);
  }
};

outcome_counts only(outcome o, std::uint32_t count = 1) {
  outcome_counts all{};
  all[static_cast<std::size_t>(o)] = count;
  return all;
}

std::string complaint(std::vector<criterion> criteria, const std::string& headline) {
  try {
    static_cast<void>(judge(std::move(criteria), headline));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("outputs end in the outcome that their bits and numbers give") {
  const row golden{1, 3, 2};
  CHECK(bench().decide(golden, golden) == outcome::masked);
  CHECK(bench().decide(golden, {1, 3, 2.5F}) == outcome::tolerable);
  CHECK(bench().decide(golden, {4, 3, 2}) == outcome::sdc);
  CHECK(bench().decide(golden, {1, 3, inf}) == outcome::non_finite);
  CHECK(bench().decide(golden, {nan, 3, 2}) == outcome::non_finite);
  // -0.0 has other bits than 0.0.
  CHECK(bench().decide({0, 1}, {-0.0F, 1}) == outcome::tolerable);
  CHECK(bench().decide({}, {}) == outcome::masked);
}

TEST_CASE("of several outcomes that hold, the first in the order of the terms is taken") {
  const row golden{1, 3, 2};
  const protection_report detected{true, false}, repaired{true, true}, corrected{false, true};
  // A detector before everything that an output can show.
  CHECK(bench().decide(golden, golden, detected) == outcome::detected);
  CHECK(bench().decide(golden, {1, 3, nan}, detected) == outcome::detected);
  CHECK(bench().decide(golden, {4, 3, 2}, detected) == outcome::detected);
  // What was repaired is judged by its output.
  CHECK(bench().decide(golden, golden, repaired) == outcome::masked);
  CHECK(bench().decide(golden, {4, 3, 2}, repaired) == outcome::sdc);
  CHECK(bench().decide(golden, {4, 3, 2}, corrected) == outcome::sdc);
  // Infinity before masked, if golden itself is infinite.
  CHECK(bench().decide({1, inf}, {1, inf}) == outcome::non_finite);
  CHECK(bench().decide({1, inf}, {1, 2}) == outcome::non_finite);
  // Infinity before SDC: the top answer is another one here.
  CHECK(bench().decide(golden, {inf, 3, 2}) == outcome::non_finite);
}

TEST_CASE("a record counts outcomes, right answers and criteria, and knows of a repair") {
  bench b;
  const row golden{1, 3, 2};
  CHECK(b.decide(golden, golden, {}, 1) == outcome::masked);          // right, stays right
  CHECK(b.decide(golden, {4, 3, 2}, {}, 1) == outcome::sdc);          // right, becomes wrong
  CHECK(b.decide(golden, {4, 3, 2}, {}, 0) == outcome::sdc);          // wrong, becomes right
  CHECK(b.decide(golden, {1, 3.5F, 2}, {}, 2) == outcome::tolerable); // wrong, stays wrong
  CHECK(b.decide(golden, {1, 3, nan}, {}, 1) == outcome::non_finite); // the answer is still right
  CHECK_FALSE(b.record.corrected);
  CHECK(b.decide(golden, golden, {true, true}, 1) == outcome::masked);
  CHECK(b.record.corrected);
  CHECK(b.decide(golden, golden, {true, false}, 1) == outcome::detected);
  CHECK(b.decide(golden, golden) == outcome::masked); // no label: right and wrong mean nothing

  //                                    crash hang detected nonfinite masked sdc tolerable
  CHECK(b.record.outcomes == outcome_counts{0, 0, 1, 1, 3, 2, 1});
  CHECK(b.record.outcomes_golden_correct == outcome_counts{0, 0, 1, 1, 2, 1, 0});
  CHECK(b.record.answered_correctly == 5);
  CHECK(b.record.set_aside == 0);
  // sdc_1 twice; the top score moved by 33 % twice and by 17 % once; 0.5 with the same answer once;
  // the lead of 1 went to -1 twice and to 1.5 once.
  const std::vector<double> expected{2, 0, 0, 3, 2, 1, 2 + 2 - 0.5};
  CHECK(b.record.criteria == expected);

  b.by.start(b.record);
  CHECK(b.record.outcomes == outcome_counts{});
  CHECK(b.record.outcomes_by_input.empty());
  CHECK(b.record.criteria == std::vector<double>(7, 0.0));
  CHECK_FALSE(b.record.corrected);
}

TEST_CASE("what died has no answer") {
  bench b;
  const golden_facts right = b.facts({1, 3}, 1);
  CHECK(b.by.lost(outcome::crash, right, b.record) == outcome::crash);
  CHECK(b.by.lost(outcome::hang, right, b.record) == outcome::hang);
  CHECK(b.record.outcomes == outcome_counts{1, 1, 0, 0, 0, 0, 0});
  CHECK(b.record.outcomes_golden_correct == outcome_counts{1, 1, 0, 0, 0, 0, 0});
  CHECK(b.record.outcomes_by_input == "ch");
  CHECK(b.record.answered_correctly == 0);
}

TEST_CASE("golden runs that differ give the noise within which an output is masked") {
  bench b;
  const row golden{1, 3, 2}, again{1.25F, 3, 2}, third{1, 2.875F, 2};
  golden_facts known = b.facts(golden, 1);
  b.by.repeat(rows(golden, golden), known);
  CHECK(known.noise == 0);
  b.by.repeat(rows(golden, again), known);
  b.by.repeat(rows(golden, third), known);
  CHECK(known.noise == 0.25);
  CHECK_FALSE(known.varies);

  const auto end = [&](const row& faulty) {
    return b.by.decide(rows(golden, faulty), known, 0, {}, b.record);
  };
  CHECK(end({0.75F, 3.25F, 2.25F}) == outcome::masked);
  CHECK(end({1, 3, 2.3125F}) == outcome::tolerable);
  CHECK(end({1, 3, nan}) == outcome::non_finite);
  CHECK(end({1, 2, 2.3125F}) == outcome::sdc);
  CHECK(b.record.outcomes_by_input == "mtns");
}

TEST_CASE("an input whose golden answer varies is set aside and in no other count") {
  for (const row& again : {row{3.5F, 3, 2}, row{1, 3, nan}, row{1, 3, inf}}) {
    bench b;
    const row golden{1, 3, 2};
    golden_facts known = b.facts(golden, 1);
    b.by.repeat(rows(golden, again), known);
    CHECK(known.varies);
    CHECK(b.by.decide(rows(golden, {4, 3, 2}), known, 0, {}, b.record) == std::nullopt);
    CHECK(b.by.decide(rows(golden, golden), known, 0, {true, false}, b.record) == std::nullopt);
    CHECK(b.by.lost(outcome::crash, known, b.record) == std::nullopt);
    CHECK(b.record.set_aside == 3);
    CHECK(b.record.outcomes_by_input == "---");
    CHECK(b.record.outcomes == outcome_counts{});
    CHECK(b.record.outcomes_golden_correct == outcome_counts{});
    CHECK(b.record.answered_correctly == 0);
    CHECK(b.record.criteria == std::vector<double>(7, 0.0));
  }
}

TEST_CASE("the headline criterion decides between SDC and tolerable, the others only count") {
  std::vector<criterion> criteria{
      sdc_1(),
      {"second", [](const compared_outputs& o) { return o.faulty[1] > 5 ? 1.0 : 0.0; }},
      {"input", [](const compared_outputs& o) { return static_cast<double>(o.input); }, false},
      {"label", [](const compared_outputs& o) { return static_cast<double>(*o.label); }, false}};
  judge by(criteria, "second");
  CHECK(by.headline() == 1);
  trial_record record;
  by.start(record);
  const row golden{9, 3};
  const golden_facts known = by.golden(*type<float>(), 2, bytes(golden), 4);
  CHECK(by.decide(rows(golden, {2, 4}), known, 7, {}, record) == outcome::tolerable);
  CHECK(by.decide(rows(golden, {9, 6}), known, 10, {}, record) == outcome::sdc);
  CHECK(record.criteria == std::vector<double>{1, 1, 17, 8});
}

TEST_CASE("a headline that cannot decide is refused by name") {
  CHECK(complaint(classification_criteria(), "sdc1").find("'sdc1' is none of: sdc_1, sdc_5") !=
        std::string::npos);
  CHECK(complaint(classification_criteria(), "margin_loss").find("'margin_loss' is a number") !=
        std::string::npos);
  CHECK(complaint({sdc_1(), sdc_1()}, "sdc_1").find("two criteria are called 'sdc_1'") !=
        std::string::npos);
  CHECK(complaint({}, "sdc_1").find("none of") != std::string::npos);
}

TEST_CASE("every element type is judged by its value") {
  judge by(classification_criteria(), "sdc_1");
  trial_record record;
  by.start(record);
  const std::vector<std::int8_t> golden{-3, 100, 5}, faulty{-3, -28, 5};
  const output_rows r{type<std::int8_t>(), 3, reinterpret_cast<const std::byte*>(golden.data()),
                      reinterpret_cast<const std::byte*>(faulty.data())};
  const golden_facts known = by.golden(*r.type, 3, r.golden, 1);
  CHECK(known.correct);
  CHECK(by.decide(r, known, 0, {}, record) == outcome::sdc);
  CHECK(record.outcomes == only(outcome::sdc));
}

TEST_CASE("each row has the outcome of its plain definition, whatever is in it") {
  // A twin that follows the list of the terms word by word, on rows of few different values.
  chance::numbers numbers(11);
  const std::array<float, 6> values{0, -0.0F, 1, 2, inf, nan};
  const auto draw = [&](std::uint64_t kinds) {
    row r(3);
    for (float& x : r)
      x = values[numbers.below(kinds)];
    return r;
  };
  const auto finite = [](const row& r) {
    return std::isfinite(r[0]) && std::isfinite(r[1]) && std::isfinite(r[2]);
  };
  const auto top = [](const row& r) {
    return r[0] >= r[1] && r[0] >= r[2] ? 0 : r[1] >= r[2] ? 1 : 2;
  };
  outcome_counts seen{};
  for (int round = 0; round < 20000; ++round) {
    const row golden = draw(4);
    const row faulty = numbers.below(4) == 0 ? golden : draw(6);
    const protection_report p{numbers.below(8) == 0, numbers.below(4) == 0};
    bool same = true;
    for (std::size_t i = 0; i < 3; ++i)
      same = same &&
             std::bit_cast<std::uint32_t>(golden[i]) == std::bit_cast<std::uint32_t>(faulty[i]);
    const outcome expected = p.detected && !p.corrected   ? outcome::detected
                             : !finite(faulty)            ? outcome::non_finite
                             : same                       ? outcome::masked
                             : top(golden) != top(faulty) ? outcome::sdc
                                                          : outcome::tolerable;
    CHECK(bench().decide(golden, faulty, p) == expected);
    ++seen[static_cast<std::size_t>(expected)];
  }
  for (std::size_t o = 2; o < outcome_count; ++o)
    CHECK(seen[o] > 100);
}

} // namespace bitfault::campaign
