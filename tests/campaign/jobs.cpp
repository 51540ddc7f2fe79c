// SPDX-License-Identifier: MIT
#include <bitfault/campaign/jobs.hpp>

#include "catch.hpp"

#include <atomic>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

using bitfault::campaign::run_jobs;

TEST_CASE("every job is run once and taken once, whatever the number of workers") {
  for (const std::size_t threads : {1U, 2U, 7U}) {
    std::vector<int> workers(threads);
    std::multiset<std::size_t> taken;
    run_jobs<std::size_t>(
        workers, 500, [](int&, std::size_t job) { return job * job; },
        [&](std::size_t job, std::size_t result) {
          CHECK(result == job * job);
          taken.insert(job);
        },
        [] {});
    CHECK(taken.size() == 500);
    CHECK(std::set<std::size_t>(taken.begin(), taken.end()).size() == 500);
  }
}

TEST_CASE("no jobs are no work") {
  std::vector<int> workers(3);
  run_jobs<int>(
      workers, 0, [](int&, std::size_t) { return 0; }, [](std::size_t, int) { FAIL(); }, [] {});
  SUCCEED();
}

TEST_CASE("the first exception of a job ends the run; what was finished has been taken") {
  std::vector<int> workers(2);
  std::atomic<std::size_t> ran{0};
  std::size_t taken = 0;
  CHECK_THROWS_WITH(run_jobs<int>(
                        workers, 100000,
                        [&](int&, std::size_t job) {
                          if (job == 50)
                            throw std::runtime_error("job 50");
                          ++ran;
                          return 0;
                        },
                        [&](std::size_t, int) { ++taken; }, [] {}),
                    "job 50");
  CHECK(taken == ran);
  CHECK(ran < 100000);
}

TEST_CASE("an exception where results are taken ends the run") {
  std::vector<int> workers(2);
  CHECK_THROWS_WITH(run_jobs<int>(
                        workers, 1000, [](int&, std::size_t) { return 0; },
                        [](std::size_t, int) { throw std::runtime_error("disk full"); }, [] {}),
                    "disk full");
}
