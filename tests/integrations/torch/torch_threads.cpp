// SPDX-License-Identifier: MIT
// What `torch_threads` promises: the faults of one thread, in LibTorch's threads and in no others.

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch.hpp>

#include "catch.hpp"

#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using bitfault::torch_threads;

/// LibTorch's number of threads, until the end of the scope.
struct thread_number {
  explicit thread_number(int n) : before(at::get_num_threads()) { at::set_num_threads(n); }
  ~thread_number() { at::set_num_threads(before); }
  thread_number(const thread_number&) = delete;
  thread_number& operator=(const thread_number&) = delete;
  int before;
};

/// How often each piece was run, and by which threads.
struct runs {
  std::vector<unsigned> of_piece;
  std::set<std::thread::id> threads;
};
runs run(unsigned pieces) {
  runs seen;
  seen.of_piece.resize(pieces);
  std::mutex one_at_a_time;
  torch_threads().run(pieces, [&](unsigned piece) {
    const std::lock_guard lock(one_at_a_time);
    ++seen.of_piece.at(piece);
    seen.threads.insert(std::this_thread::get_id());
  });
  return seen;
}

bool same_bytes(const at::Tensor& a, const at::Tensor& b) {
  return std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

auto flips(bitfault::index_t n) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{n});
}

} // namespace

TEST_CASE("torch_threads: each piece is run once, in as many threads as LibTorch has") {
  for (const int threads : {1, 2, 3, 8}) {
    const thread_number number(threads);
    for (const unsigned pieces : {1u, 2u, 3u, 8u, 255u, 256u}) {
      INFO(threads << " threads, " << pieces << " pieces");
      const runs seen = run(pieces);
      CHECK(seen.of_piece == std::vector<unsigned>(pieces, 1));
      // LibTorch cuts the pieces into runs of equal length, so some threads may stay without.
      const unsigned length =
          (pieces + static_cast<unsigned>(threads) - 1) / static_cast<unsigned>(threads);
      CHECK(seen.threads.size() == (pieces + length - 1) / length);
      CHECK(seen.threads.count(std::this_thread::get_id()) == 1);
    }
  }
}

TEST_CASE("torch_threads: no threads are started but LibTorch's") {
  const thread_number number(3);
  // The kernel's numbers: those of threads that ended are not used again soon, unlike those of C++.
  std::set<pid_t> threads;
  std::mutex one_at_a_time;
  for (int i = 0; i < 20; ++i)
    torch_threads().run(3, [&](unsigned) {
      const std::lock_guard lock(one_at_a_time);
      threads.insert(gettid());
    });
  CHECK(threads.size() == 3);
}

TEST_CASE("torch_threads: pieces follow the work and LibTorch's number of threads") {
  const thread_number number(4);
  CHECK(torch_threads().pieces(0) == 1);
  CHECK(torch_threads().pieces(4095) == 1);
  CHECK(torch_threads().pieces(4096) == 2);
  CHECK(torch_threads().pieces(1'000'000) == 4);
  CHECK(torch_threads(1).pieces(2) == 3);
  CHECK(torch_threads(0).pieces(2) == 3);
}

TEST_CASE("torch_threads: in a parallel region of LibTorch's the calling thread works alone") {
  const thread_number number(2);
  // Two threads that each hold a region: torch_threads finds itself inside one.
  std::atomic<unsigned> alone{0};
  torch_threads().run(2, [&](unsigned) {
    const runs inner = run(2);
    alone += static_cast<unsigned>(inner.threads.size() == 1 &&
                                   inner.of_piece == std::vector<unsigned>{1, 1});
  });
  CHECK(alone == 2);
}

TEST_CASE("torch_threads: the faults are those of one thread") {
  const bitfault::fault_key key{.seed = 4};
  const at::Tensor block = at::randn({32, 40, 50});
  // One thread and two have ways of their own to write without atomics.
  for (const int threads : {1, 2, 3})
    for (const at::Tensor& golden : {block, block.transpose(0, 2), block.to(at::kHalf)}) {
      INFO(threads << " threads, " << golden.scalar_type() << ", strides " << golden.strides());
      const thread_number number(threads);
      const auto check = [&](const auto& injector) {
        // `copy_` keeps the strides of a transposed tensor, `clone` alone need not.
        at::Tensor expected = at::empty_like(golden).copy_(golden),
                   struck = at::empty_like(golden).copy_(golden);
        REQUIRE(expected.strides() == golden.strides());
        REQUIRE(apply(injector, expected, key).ok());
        REQUIRE_FALSE(same_bytes(expected, golden));
        const auto version = struck._version();
        CHECK(apply(injector, torch_threads(), struck, key).ok());
        CHECK(same_bytes(struck, expected));
        CHECK(struck._version() > version);
        struck.copy_(golden);
        {
          const auto faults = scoped(injector, torch_threads(), struck, key);
          CHECK(same_bytes(struck, expected));
        }
        CHECK(same_bytes(struck, golden));
      };
      check(flips(100'000));
      check(bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::exactly{100'000}));
      check(bitfault::make_injector(bitfault::zero{}, bitfault::exactly{50'000}));
      check(bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(0.03)));
    }
}

TEST_CASE("torch_threads: what does not fit is refused by any number of threads") {
  for (const int threads : {1, 2, 3}) {
    const thread_number number(threads);
    const at::Tensor golden = at::randn({32, 40, 50}), struck = golden.clone();
    CHECK(apply(flips(32 * 40 * 50 * 32 + 1), torch_threads(), struck, {.seed = 4}).reason ==
          bitfault::refusal::too_many_faults);
    CHECK(apply(flips(100'000), torch_threads(), struck.to(at::kInt), {.seed = 4}).reason ==
          bitfault::refusal::wrong_type);
    CHECK(apply(flips(100'000), torch_threads(), at::zeros({1}).expand({9}), {.seed = 4}).reason ==
          bitfault::refusal::unsupported_layout);
    CHECK(same_bytes(struck, golden));
  }
}

TEST_CASE("torch_threads: in a hook, and seen by none") {
  const thread_number number(2);
  torch::manual_seed(1);
  torch::nn::Sequential net(torch::nn::Conv2d(3, 16, 3), torch::nn::ReLU());
  net->eval();
  const torch::NoGradGuard no_grad;
  const at::Tensor images = torch::randn({8, 3, 32, 32});
  const auto many = flips(50'000);
  const bitfault::fault_key key{.seed = 9};
  at::Tensor expected;
  {
    const auto faults = bitfault::activation_faults(*net, {.module = "0"}, many, key);
    expected = net->forward(images);
  }
  at::Tensor struck;
  {
    const auto faults =
        bitfault::activation_faults(*net, {.module = "0"}, many, torch_threads(), key);
    struck = net->forward(images);
  }
  CHECK(same_bytes(struck, expected));

  std::vector<std::string> names;
  const bitfault::operator_hook monitor(*net, {},
                                        [&](const bitfault::operator_call& call,
                                            const at::Tensor&) { names.emplace_back(call.name); });
  at::zeros({2}); // of which the monitor is told: `names` can have something
  REQUIRE(names.size() == 1);
  std::atomic<unsigned> pieces{0};
  torch_threads().run(2, [&](unsigned) { ++pieces; });
  CHECK(pieces == 2);
  CHECK(names.size() == 1);
}
