// SPDX-License-Identifier: MIT
#include <bitfault/campaign/isolation.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace bitfault::campaign;

/// Dies where an activation is huge, never ends where one is hugely negative.
struct fragile : toy::residual_network {
  using toy::residual_network::residual_network;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    for (bitfault::index_t i = 0; i < out.size(); ++i) {
      const float x = out.as<float>()[i];
      if (x > 1e30F && deadly)
        std::abort();
      while (x < -1e30F && deadly)
        static_cast<void>(*const_cast<volatile bool*>(&deadly));
    }
  }
  bool deadly = true;
};
struct sturdy : fragile {
  explicit sturdy(std::uint64_t inputs, std::uint64_t batch) : fragile(inputs, batch) {
    deadly = false;
  }
};

experiment exponents(std::uint64_t trials) {
  experiment e;
  e.name = "exponents";
  e.targets = {"*"};
  e.trials = trials;
  e.fault.bits.which = mask_family::kind::exponent;
  return e;
}

settings isolated(unsigned processes) {
  settings s;
  s.threads = processes;
  s.isolate = true;
  s.time_limit = 0.2;
  return s;
}

template <class Net>
std::vector<trial_record> run(const settings& s, const experiment& e, memory_store& store) {
  campaign<Net> c([] { return std::make_unique<Net>(24, 1); }, s, {e});
  c.run(store);
  std::vector<trial_record> all;
  store.for_each_trial(0, {0, e.trials}, [&](const trial_record& r) { all.push_back(r); });
  return all;
}

} // namespace

TEST_CASE("trials in child processes give the records of trials in threads") {
  memory_store a(1), b(1), c(1);
  const auto expected = run<sturdy>({}, exponents(500), a);
  CHECK(run<sturdy>(isolated(1), exponents(500), b) == expected);
  CHECK(run<sturdy>(isolated(3), exponents(500), c) == expected);
  CHECK(b.deaths(0).empty());
}

TEST_CASE("a crash and a hang cost their own trial only, and are tried twice") {
  memory_store safe(1), store(1);
  const auto expected = run<sturdy>({}, exponents(120), safe);
  const auto got = run<fragile>(isolated(2), exponents(120), store);
  REQUIRE(got.size() == 120);
  std::size_t crashes = 0, hangs = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const bool crash = got[i].outcomes[static_cast<std::size_t>(outcome::crash)] != 0;
    const bool hang = got[i].outcomes[static_cast<std::size_t>(outcome::hang)] != 0;
    crashes += crash ? 1 : 0;
    hangs += hang ? 1 : 0;
    if (!crash && !hang)
      REQUIRE(got[i] == expected[i]);
    else
      REQUIRE(got[i].faults.size() == 1);
  }
  CHECK(crashes > 0);
  CHECK(hangs > 0);
  CHECK(store.deaths(0).size() == crashes + hangs);
  for (const trial_deaths& d : store.deaths(0))
    CHECK(d.count() == 2);
}

TEST_CASE("deaths of an earlier start count: the second one is the last") {
  memory_store first(1);
  static_cast<void>(run<fragile>(isolated(1), exponents(60), first));
  REQUIRE_FALSE(first.deaths(0).empty());
  const trial_deaths known = first.deaths(0)[0];
  memory_store again(1);
  CHECK(again.record_death(0, known.trial, known.hangs != 0 ? outcome::hang : outcome::crash) == 1);
  static_cast<void>(run<fragile>(isolated(1), exponents(60), again));
  for (const trial_deaths& d : again.deaths(0))
    CHECK(d.count() == 2);
}

namespace {

/// Runs trials 0 to 9, one child at a time, with what a child does in each.
struct bare_run {
  std::vector<std::uint64_t> finished{};
  std::vector<std::uint64_t> crashed{}, hung{};

  template <class Begin, class Trial>
  void operator()(const Begin& begin, const Trial& trial) {
    run_isolated(
        1, {{0, {0, 10}}}, 0.2, [](std::size_t) { return true; },
        [&](int socket, child_activity& activity) {
          begin();
          detail::serve_jobs(socket, activity, [&](std::uint32_t, std::uint64_t t) {
            trial(t);
            return record(t);
          });
        },
        [&](std::uint32_t, std::uint64_t t, outcome how) -> std::optional<trial_record> {
          std::vector<std::uint64_t>& list = how == outcome::hang ? hung : crashed;
          list.push_back(t);
          return list.size() < 2 ? std::nullopt : std::optional(record(t));
        },
        [&](std::size_t, std::vector<trial_record>&& records) {
          for (const trial_record& r : records)
            finished.push_back(r.number);
        },
        [] {});
  }
  static trial_record record(std::uint64_t t) {
    trial_record r;
    r.number = t;
    return r;
  }
};
using numbers = std::vector<std::uint64_t>;
const numbers all_ten{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

/// A count that children and their parent share.
struct shared_count {
  std::atomic<int>* value =
      static_cast<std::atomic<int>*>(mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  shared_count() { REQUIRE(value != MAP_FAILED); }
  shared_count(const shared_count&) = delete;
  shared_count& operator=(const shared_count&) = delete;
  ~shared_count() { munmap(value, sizeof(std::atomic<int>)); }
};

} // namespace

TEST_CASE("inference that throws in a child process is a crash of the trial") {
  bare_run run;
  run([] {},
      [](std::uint64_t t) {
        if (t == 3)
          throw model_error("a faulty index");
      });
  CHECK(run.finished == all_ten);
  CHECK(run.crashed == numbers{3, 3});
  CHECK(run.hung.empty());
}

TEST_CASE("any other exception in a child process ends the run, with its text") {
  bare_run run;
  const std::string text(100'000, 'x');
  const auto mistake = [&](std::uint64_t t) {
    if (t == 3)
      throw std::logic_error("this is a mistake: " + text);
  };
  CHECK_THROWS_WITH(run([] {}, mistake), "this is a mistake: " + text + " (in a child process)");
  CHECK(run.finished == numbers{0, 1, 2});
  CHECK(run.crashed.empty());
  const auto number = [](std::uint64_t) { throw 1; };
  CHECK_THROWS_WITH(run([] {}, number), Catch::Contains("unknown type"));
}

TEST_CASE("a child that is killed between trials is replaced; a second one "
          "ends the run") {
  bare_run run;
  const shared_count started;
  const auto no_trial = [](std::uint64_t) {};
  const auto first_is_killed = [&] {
    if (++*started.value == 1)
      ::kill(::getpid(), SIGKILL);
  };
  run(first_is_killed, no_trial);
  CHECK(run.finished == all_ten);
  CHECK(run.crashed.empty());
  CHECK(*started.value == 2);

  *started.value = 0;
  const auto all_are_killed = [&] {
    ++*started.value;
    ::kill(::getpid(), SIGKILL);
  };
  CHECK_THROWS_WITH(run(all_are_killed, no_trial), Catch::Contains("before they ran trial 0") &&
                                                       Catch::Contains("killed by signal 9"));
  CHECK(*started.value == 2);
  CHECK_THROWS_WITH(run([] { ::_exit(7); }, no_trial), Catch::Contains("ended with status 7"));
}

TEST_CASE("a trial that takes too long is killed twice, and no other is blamed") {
  bare_run run;
  run([] {},
      [](std::uint64_t t) {
        while (t == 4)
          ::usleep(1000);
      });
  CHECK(run.finished == all_ten);
  CHECK(run.hung == numbers{4, 4});
  CHECK(run.crashed.empty());
}

TEST_CASE("a model that cannot be made in a child process ends the run, and "
          "says why") {
  static bool in_parent;
  in_parent = true;
  settings s = isolated(1);
  campaign<sturdy> c(
      [] {
        if (!in_parent)
          throw std::runtime_error("no model here");
        auto m = std::make_unique<sturdy>(24, 1);
        in_parent = false;
        return m;
      },
      s, {exponents(10)});
  memory_store store(1);
  CHECK_THROWS_WITH(c.run(store), Catch::Contains("no model here"));
}
