// SPDX-License-Identifier: MIT
#include "demo/campaign/campaign.hpp"

#include "catch.hpp"
#include "demo/campaign/mean_interval.hpp"
#include "demo/campaign/report_file.hpp"
#include "demo/campaign/summary.hpp"
#include "demo/data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using demo::fault_target;
using demo::outcome;

const std::filesystem::path data = DEMO_DATA_DIRECTORY;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

const demo::network& shipped_network() {
  static const auto net = demo::load_network(data / "demo_network.safetensors");
  return net;
}

const demo::inputs& some_images() {
  static const demo::inputs in(demo::load_test_set(data), 20);
  return in;
}

demo::settings small(unsigned threads) {
  demo::settings s;
  s.seed = 5;
  s.trials = 12;
  s.sweep_trials = 2;
  s.block = 10;
  s.threads = threads;
  return s;
}

const demo::campaign_results& small_campaign() {
  static const auto results =
      demo::run_campaign(shipped_network(), some_images(), small(1), [](const auto&) {});
  return results;
}

using ten = std::array<float, 10>;
constexpr ten golden_logits{1, 2, 9, 3, 0, -1, -5, 2, 4, 8.5F};

outcome judge(const ten& faulty, const ten& golden = golden_logits) {
  return demo::classify(golden, faulty);
}

ten with(std::size_t place, float value, ten base = golden_logits) {
  base[place] = value;
  return base;
}

/// A worker with its golden run, on the shipped network or another.
struct bench {
  demo::network net;
  demo::evaluation golden;
  demo::worker worker;

  explicit bench(const demo::network& original, std::uint64_t seed = 5)
      : net(original), golden(net, some_images(), 0, some_images().count()),
        worker(original, some_images(), golden, seed, 10) {}

  [[nodiscard]] outcome replay(const std::string& address, std::size_t image) {
    const auto faulty = worker.evaluate_at(address, image + 1);
    return demo::classify(golden.logits_of(image), faulty.logits_of(image));
  }
};

} // namespace

TEST_CASE("one image's outcome is the first that holds, in the fixed order") {
  CHECK(judge(golden_logits) == outcome::masked);
  CHECK(judge(with(2, 8.75F)) == outcome::tolerable);
  CHECK(judge(with(6, -4)) == outcome::tolerable);
  CHECK(judge(with(9, 9.5F)) == outcome::sdc);
  CHECK(judge(with(2, -9)) == outcome::sdc);

  // Not finite comes first: before another class, and even if golden was so too.
  CHECK(judge(with(2, not_a_number)) == outcome::non_finite);
  CHECK(judge(with(6, -infinite)) == outcome::non_finite);
  CHECK(judge(with(9, infinite)) == outcome::non_finite);
  CHECK(judge(with(6, not_a_number), with(6, not_a_number)) == outcome::non_finite);
  // Finite, however large.
  CHECK(judge(with(2, std::numeric_limits<float>::max())) == outcome::tolerable);
}

TEST_CASE("of equal logits the lowest class is the answer") {
  CHECK(judge(with(9, 9)) == outcome::tolerable); // 2 and 9 are equal: still 2
  CHECK(judge(with(1, 9)) == outcome::sdc);       // 1 and 2 are equal: now 1
  const ten tie = with(9, 9);
  CHECK(judge(with(2, 8, tie), tie) == outcome::sdc);
}

TEST_CASE("masked means the same bits: -0 instead of 0 is not masked") {
  CHECK(golden_logits[4] == 0);
  CHECK(judge(with(4, -0.0F)) == outcome::tolerable);
  CHECK(judge(with(4, std::numeric_limits<float>::denorm_min())) == outcome::tolerable);
}

TEST_CASE("the joined view covers every weight and bias once, in their order") {
  demo::network net = shipped_network();
  const auto tensors = net.parameters();
  const demo::joined_view joined(tensors);
  std::vector<const float*> seen;
  for (bitfault::index_t i = 0; i < joined.extents().size(); ++i) {
    seen.push_back(joined.address(i));
  }
  std::vector<const float*> expected;
  for (const auto& tensor : tensors) {
    for (float& x : tensor.data) {
      expected.push_back(&x);
    }
  }
  CHECK(seen == expected);
  CHECK(joined.address(joined.extents().size()) == nullptr);
}

TEST_CASE("a bit experiment flips that bit of one weight, whatever tensor it lies in") {
  demo::network net = shipped_network();
  const auto tensors = net.parameters();
  const demo::joined_view joined(tensors);
  std::vector<std::uint32_t> before;
  for (bitfault::index_t i = 0; i < joined.extents().size(); ++i) {
    before.push_back(bitfault::to_word(*joined.address(i)));
  }
  const auto injector =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}, bitfault::bits::given{7});
  const auto faulty = injector.scoped(joined, {.seed = 1, .trial = 3});
  std::size_t changed = 0;
  for (bitfault::index_t i = 0; i < joined.extents().size(); ++i) {
    const auto difference = before[i] ^ bitfault::to_word(*joined.address(i));
    CHECK((difference == 0 || difference == 1U << 7U));
    changed += difference != 0 ? 1U : 0U;
  }
  CHECK(changed == 1);
}

TEST_CASE("the campaign's results do not depend on the number of threads") {
  const auto& one = small_campaign();
  for (const unsigned threads : {2U, 5U}) {
    const auto other =
        demo::run_campaign(shipped_network(), some_images(), small(threads), [](const auto&) {});
    REQUIRE(other.records.size() == one.records.size());
    for (std::size_t i = 0; i < one.records.size(); ++i) {
      CAPTURE(threads, i, one.experiments[i].name);
      CHECK(std::ranges::equal(one.records[i], other.records[i], [](const auto& a, const auto& b) {
        return a.what == b.what && a.image == b.image && a.right == b.right && a.faults == b.faults;
      }));
    }
    CHECK(std::ranges::equal(one.worst, other.worst, [](const auto& a, const auto& b) {
      return a.address == b.address && a.right == b.right;
    }));
    CHECK(std::ranges::equal(one.changed, other.changed, [](const auto& a, const auto& b) {
      return a.address == b.address && a.image == b.image && a.faulty == b.faulty;
    }));
  }
}

TEST_CASE("another seed gives other faults and other images") {
  bench a(shipped_network(), 5);
  bench b(shipped_network(), 6);
  const auto list = demo::experiments_of(small(1), a.net);
  const auto weights = std::ranges::find(list, fault_target::weights, &demo::experiment::target);
  std::size_t same_fault = 0, same_image = 0;
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    same_fault += a.worker.address(*weights, trial) == b.worker.address(*weights, trial) ? 1U : 0U;
    same_image += a.worker.run(*weights, trial).image == b.worker.run(*weights, trial).image;
  }
  CHECK(same_fault < 3);
  CHECK(same_image < 8);
}

TEST_CASE("after the campaign every weight is bit for bit as in the file") {
  CHECK(small_campaign().restored);

  // The same seen from outside, trial by trial, and against a file that is read again.
  bench b(shipped_network());
  auto again = demo::load_network(data / "demo_network.safetensors");
  const auto expected = again.parameters();
  for (const auto& e : demo::experiments_of(small(1), b.net)) {
    static_cast<void>(b.worker.run(e, 0));
    CAPTURE(e.name, e.rate);
    CHECK(demo::detail::same_bits(b.worker.tensors(), expected));
  }
  // The comparison sees one bit.
  const demo::joined_view joined(expected);
  CHECK(demo::detail::same_bits(b.worker.tensors(), expected));
  const auto faulty = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1})
                          .scoped(joined, {.seed = 1});
  CHECK_FALSE(demo::detail::same_bits(b.worker.tensors(), expected));
}

TEST_CASE("no fault is the golden run bit for bit") {
  bench b(shipped_network());
  demo::experiment none{fault_target::rate, 0, 0.0, 1, 99, "no faults"};
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    const auto r = b.worker.run(none, trial);
    CHECK(r.faults == 0);
    std::uint32_t right = 0;
    for (std::size_t i = r.image; i < r.image + 10; ++i) {
      right += b.golden.best[i] == some_images().labels[i] ? 1U : 0U;
    }
    CHECK(r.right == right);
  }
  // One image at a time and all together give the same bits, so that "masked" means what it says.
  demo::network net = shipped_network();
  for (std::size_t i = 0; i < some_images().count(); ++i) {
    CHECK(demo::classify(b.golden.logits_of(i), net.infer(some_images().images(i, 1))) ==
          outcome::masked);
    CHECK(demo::classify(b.golden.logits_of(i),
                         net.infer(some_images().images(i, 1), [](std::size_t, const auto&) {})) ==
          outcome::masked);
  }
}

TEST_CASE("every bit of every weight flips at rate 1") {
  bench b(shipped_network());
  const auto r = b.worker.run({fault_target::rate, 0, 1.0, 1, 99, "all"}, 0);
  CHECK(r.faults == 8778 * 32);
}

TEST_CASE("a rate hits every tensor, each with faults of its own") {
  // The same faults, drawn as lists and put into another network.
  bench b(shipped_network());
  const demo::experiment e{fault_target::rate, 0, 2e-4, 1, 7, "by hand"};
  const auto injector =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(e.rate));
  std::size_t different = 0;
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    demo::network net = shipped_network();
    std::size_t faults = 0;
    std::uint32_t stream = 7 * 16;
    for (const auto& tensor : net.parameters()) {
      const auto view = demo::view_of(tensor);
      auto list =
          injector.draw<float>(view.extents(), {.seed = 5, .trial = trial, .stream = stream++});
      list.apply(view).or_throw();
      faults += list.size();
    }
    const auto r = b.worker.run(e, trial);
    CAPTURE(trial);
    CHECK(r.faults == faults);
    const auto right = demo::evaluation(net, some_images(), r.image, 10).right;
    CHECK(r.right == right);
    different += right != demo::evaluation(b.net, some_images(), r.image, 10).right ? 1U : 0U;
  }
  CHECK(different > 10);
}

TEST_CASE("a weight that nothing reads masks its faults") {
  // conv2 does not listen to channel 0 of conv1: whatever finite number stands in there is times 0.
  demo::network deaf = shipped_network();
  for (demo::index_t out = 0; out < deaf.conv2.weight.rows(); ++out) {
    deaf.conv2.weight.row(out).head(9).setZero();
  }
  bench b(deaf);
  for (std::size_t image = 0; image < 3; ++image) {
    CHECK(b.replay("bf1:conv1.weight[0,0,1,1]^20", image) == outcome::masked);
    CHECK(b.replay("bf1:conv1.weight[0,0,1,1]^31", image) == outcome::masked);
    CHECK(b.replay("bf1:conv1.bias[0]^22", image) == outcome::masked);
  }
  // And the same faults in a channel that is read are not masked.
  CHECK(b.replay("bf1:conv1.bias[1]^22", 0) != outcome::masked);
}

TEST_CASE("a fault that makes one class win always is SDC for all other images") {
  bench b(shipped_network());
  // Flipping bit 30 makes 1e38 of a small positive number.
  demo::network net = shipped_network();
  demo::index_t winner = 0;
  while (winner < demo::classes &&
         !(net.dense.bias[winner] > 1e-3F && net.dense.bias[winner] < 1)) {
    ++winner;
  }
  REQUIRE(winner < demo::classes);
  const auto address = "bf1:dense.bias[" + std::to_string(winner) + "]^30";
  std::size_t sdc = 0;
  for (std::size_t image = 0; image < some_images().count(); ++image) {
    const auto expected = b.golden.best[image] == winner ? outcome::tolerable : outcome::sdc;
    CHECK(b.replay(address, image) == expected);
    sdc += expected == outcome::sdc ? 1U : 0U;
  }
  CHECK(sdc > 0);
}

TEST_CASE("a trial's address gives the trial's outcome again") {
  bench b(shipped_network());
  std::map<outcome, int> seen;
  for (const auto& e : demo::experiments_of(small(1), b.net)) {
    if (e.target != fault_target::weights) {
      continue;
    }
    for (std::uint64_t trial = 0; trial < 6; ++trial) {
      const auto r = b.worker.run(e, trial);
      const auto address = b.worker.address(e, trial);
      CAPTURE(address, r.image);
      CHECK(address.starts_with("bf1:" + e.name + "["));
      CHECK(b.replay(address, r.image) == r.what);
      ++seen[r.what];
    }
  }
  CHECK(seen.size() > 1); // else the comparison says little
}

TEST_CASE("an activation's address is where its fault lands") {
  bench b(shipped_network());
  demo::network net = shipped_network();
  for (const auto& e : demo::experiments_of(small(1), b.net)) {
    if (e.target != fault_target::activations) {
      continue;
    }
    const auto r = b.worker.run(e, 0);
    const auto address = b.worker.address(e, 0);
    const auto logits = net.infer(some_images().images(r.image, 1),
                                  [&](std::size_t number, const demo::activation& a) {
                                    if (number == e.number) {
                                      bitfault::apply_at(demo::view_of(a), address);
                                    }
                                  });
    CAPTURE(address);
    CHECK(address.starts_with("bf1:" + e.name + "[0,"));
    CHECK(demo::classify(b.golden.logits_of(r.image), logits) == r.what);
    CHECK(demo::best_class(logits, 0) == b.worker.last_class());
  }
}

TEST_CASE("what is shown adds up to the records") {
  const auto& results = small_campaign();
  const demo::summary s(results, some_images());
  CHECK(s.bits.size() == 32);
  CHECK(s.weights.size() == 8);
  CHECK(s.activations.size() == demo::layers.size());
  CHECK(s.sweep.size() == std::size(demo::sweep_rates));
  CHECK(s.weight_bits_in_all == 8778 * 32);
  CHECK(s.any_bit_sdc.trials == 32 * 12);
  for (const auto* list : {&s.bits, &s.weights, &s.activations}) {
    for (const auto& one : *list) {
      const auto& o = one.shares;
      CHECK(o.sdc.hits + o.non_finite.hits + o.masked.hits + o.tolerable.hits == 12);
    }
  }
  for (const auto& p : s.sweep) {
    const auto& a = p.accuracy;
    CAPTURE(p.from.rate);
    CHECK(a.mean_within.lower <= a.mean);
    CHECK(a.mean <= a.mean_within.upper);
    CHECK(a.low <= a.median);
    CHECK(a.median <= a.high);
  }
  // Sets without a fault are exactly golden.
  if (s.sweep[0].accuracy.flips == 0) {
    CHECK(s.sweep[0].accuracy.mean == Approx(s.golden).epsilon(1e-12));
  }
}

TEST_CASE("images that are no whole number of blocks are refused") {
  auto s = small(1);
  s.block = 7;
  CHECK_THROWS_AS(demo::run_campaign(shipped_network(), some_images(), s, [](const auto&) {}),
                  std::invalid_argument);
}

TEST_CASE("an exception of a job ends the run and arrives") {
  std::vector<std::unique_ptr<int>> threads;
  threads.push_back(std::make_unique<int>(0));
  threads.push_back(std::make_unique<int>(0));
  CHECK_THROWS_WITH(demo::run_jobs(
                        threads, 1000,
                        [](int&, std::size_t job) {
                          if (job == 3) {
                            throw std::runtime_error("job 3");
                          }
                        },
                        [](std::size_t, std::size_t) {}),
                    "job 3");
}

TEST_CASE("the interval of a mean covers it at least as often as it says") {
  // Accuracies under faults: mostly what it was, sometimes guessing. The normal interval fails
  // here.
  constexpr double golden = 0.9, guessed = 0.1, chance = 0.04;
  constexpr double truth = golden - chance * (golden - guessed);
  constexpr int repeats = 400;
  std::mt19937_64 random(2024);
  int covered = 0, covered_by_normal = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::vector<double> values;
    double sum = 0, squares = 0;
    for (int i = 0; i < 60; ++i) {
      values.push_back(static_cast<double>(random() >> 11U) * 0x1p-53 < chance ? guessed : golden);
      sum += values.back();
      squares += values.back() * values.back();
    }
    const auto within = demo::mean_interval(values);
    covered += within.lower <= truth && truth <= within.upper ? 1 : 0;
    const double n = 60, mean = sum / n;
    const double half = 1.96 * std::sqrt((squares / n - mean * mean) / (n - 1));
    covered_by_normal += std::abs(mean - truth) <= half + 1e-12 ? 1 : 0;
  }
  CHECK(covered >= 0.95 * repeats);
  CHECK(covered_by_normal < 0.93 * repeats);
}

TEST_CASE("the interval of a mean narrows with more values and mirrors with them") {
  std::mt19937_64 random(7);
  std::vector<double> values, mirrored;
  for (int i = 0; i < 800; ++i) {
    values.push_back(0.2 + 0.4 * static_cast<double>(random() >> 11U) * 0x1p-53);
    mirrored.push_back(1 - values.back());
  }
  const auto few = demo::mean_interval(std::span(values).first(50));
  const auto many = demo::mean_interval(values);
  CHECK(many.upper - many.lower < 0.06);
  CHECK(many.upper - many.lower < (few.upper - few.lower) / 2);
  CHECK((many.lower < 0.4 && 0.4 < many.upper));
  const auto other = demo::mean_interval(mirrored);
  CHECK(other.lower == Approx(1 - many.upper).epsilon(1e-9));
  const auto nothing = demo::mean_interval({});
  CHECK(nothing.lower == Approx(0).margin(1e-12));
  CHECK(nothing.upper == Approx(1));
}

TEST_CASE("a report appears as a whole, and a place where none can be written is known at once") {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bitfault_demo_" + std::to_string(std::random_device{}()));
  std::filesystem::create_directory(folder);
  const auto path = folder / "report.html";
  const auto text_of = [&] {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  };
  {
    demo::report_file file(path);
    CHECK_FALSE(std::filesystem::exists(path));
    file.finish("first");
  }
  CHECK(text_of() == "first");
  { demo::report_file abandoned(path); }
  CHECK(text_of() == "first");
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);

  CHECK_THROWS_AS(demo::report_file(folder), std::runtime_error);
  std::string complaint;
  try {
    demo::report_file file(folder / "no_such_folder" / "r.html");
  } catch (const std::runtime_error& error) {
    complaint = error.what();
  }
  CHECK(complaint.find("no_such_folder") != std::string::npos);
  CHECK(complaint.find("cannot be written: No such file or directory") != std::string::npos);
  std::filesystem::remove_all(folder);
}
