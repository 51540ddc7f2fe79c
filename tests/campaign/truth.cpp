// SPDX-License-Identifier: MIT
#include <bitfault/campaign/truth.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/campaign/truth_store.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace {

using namespace bitfault::campaign;
namespace fs = std::filesystem;

/// A file that is gone at the end.
struct temporary_file {
  fs::path path = fs::temp_directory_path() / ("bitfault_truth_" + std::to_string(::getpid()));
  ~temporary_file() { fs::remove(path); }
  std::string read() const {
    std::ostringstream all;
    all << std::ifstream(path, std::ios::binary).rdbuf();
    return all.str();
  }
  void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
};

truth example() {
  truth t(1001, {"first", "second"});
  for (std::uint64_t i = 0; i < 1001; i += 7)
    t.set(1, i);
  t.set(0, 1000);
  t.facts()["what"] = "an example";
  return t;
}

} // namespace

TEST_CASE("a truth knows what was set, and comes back from its file") {
  const temporary_file file;
  example().save(file.path);
  const truth t = truth::load(file.path);
  CHECK(t.sites() == 1001);
  CHECK(t.criteria() == std::vector<std::string>{"first", "second"});
  CHECK(t.facts().at("what") == "an example");
  CHECK(t.facts().size() == 1);
  CHECK(t.hits(0) == 1);
  CHECK(t.hits(1) == 143);
  CHECK(t.number_of("second") == 1);
  for (std::uint64_t i = 0; i < 1001; ++i)
    REQUIRE(t.holds(1, i) == (i % 7 == 0));
  CHECK_THROWS_WITH(t.number_of("secnd"), "bitfault: the truth has no criterion 'secnd'; the "
                                          "nearest name is 'second' (it has first, second)");
}

TEST_CASE("every truncated or changed truth is refused, with the file's name") {
  const temporary_file file;
  example().save(file.path);
  const std::string whole = file.read();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    file.write(whole.substr(0, n));
    REQUIRE_THROWS_AS(truth::load(file.path), bitfault::file_error);
  }
  const std::size_t body = whole.find("\n\n") + 2;
  for (std::size_t n = body; n < whole.size(); ++n) {
    std::string changed = whole;
    changed[n] = static_cast<char>(changed[n] ^ 4);
    file.write(changed);
    REQUIRE_THROWS_WITH(truth::load(file.path), Catch::Contains("damaged"));
  }
  file.write(whole + "x");
  CHECK_THROWS_WITH(truth::load(file.path), Catch::Contains("bytes of bits"));
  CHECK_THROWS_WITH(truth::load(file.path.string() + ".none"),
                    Catch::Contains("cannot be opened for reading"));
}

TEST_CASE("the truth of a network is what its exhaustive campaign finds, trial by trial") {
  experiment e;
  e.name = "all";
  e.all_inputs = true;
  settings s;
  s.threads = 2;
  campaign<toy::residual_network> c([] { return std::make_unique<toy::residual_network>(24, 4); },
                                    s, {e});
  truth_store all(c.experiments()[0], c.chosen().criteria);
  c.run(all);
  memory_store records(1);
  c.run(records);
  const truth& t = all.known();
  CHECK(t.sites() == 5248);
  std::uint64_t sdc = 0, masked = 0;
  records.for_each_trial(0, {0, 5248}, [&](const trial_record& r) {
    // The site by hand: targets, elements, bits.
    std::uint64_t site = 0;
    for (std::uint32_t target = 0; target < r.faults[0].target; ++target)
      site += c.targets()[target].size * 32;
    site += r.faults[0].fault.element * 32 +
            static_cast<std::uint64_t>(__builtin_ctzll(r.faults[0].fault.mask));
    const auto count = [&](outcome o) { return r.outcomes[static_cast<std::size_t>(o)]; };
    REQUIRE(t.holds(t.number_of("sdc_1"), site) == (count(outcome::sdc) >= 1));
    REQUIRE(t.holds(t.number_of("masked"), site) == (count(outcome::masked) == 24));
    REQUIRE(t.holds(t.number_of("non_finite"), site) == (count(outcome::non_finite) >= 1));
    sdc += count(outcome::sdc) >= 1 ? 1 : 0;
    masked += count(outcome::masked) == 24 ? 1 : 0;
  });
  CHECK(t.hits(t.number_of("sdc_1")) == sdc);
  CHECK(t.hits(t.number_of("masked")) == masked);
  CHECK(sdc > 100);
}
