// SPDX-License-Identifier: MIT
#include "../contracts/combinations.hpp"
#include "catch.hpp"

#include <cstdint>
#include <vector>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 9, .trial = 3};

/// Replays a log on golden data: the words before and after must fit together.
template <class T>
bool explains(const std::vector<fault_record>& log, std::vector<T> golden,
              const std::vector<T>& faulty) {
  for (const fault_record& r : log) {
    if (r.mask == 0)
      continue;
    if (std::uint64_t{to_word(golden[r.element])} != r.before)
      return false;
    golden[r.element] = from_word<T>(static_cast<word_t<T>>(r.after));
  }
  return same_bytes(golden, faulty);
}

template <class... Policy>
void check_log(const char* name, const Policy&... policy) {
  INFO(name);
  const auto golden = any_bits<float>(size);
  std::vector<fault_record> log(6000);
  index_t count = 0;
  const auto injector = make_injector(policy..., record_to{log, &count});
  auto memory = golden;
  REQUIRE(injector.apply(view(memory.data(), shape), key).ok());
  auto unobserved = golden;
  REQUIRE(make_injector(policy...).apply(view(unobserved.data(), shape), key).ok());
  CHECK(same_bytes(memory, unobserved)); // watching changes nothing
  CHECK(count == injector.template bind<float>(shape).cells(key));
  CHECK(count > 0);
  const std::vector<fault_record> first(log.begin(),
                                        log.begin() + static_cast<std::ptrdiff_t>(count));
  CHECK(explains(first, golden, memory));

  // The same cells in the same order with several threads, into a log that has old records.
  for (const unsigned n : {2u, 8u}) {
    for (fault_record& r : log)
      r = {7, 7, 7, 7, 7};
    memory = golden;
    REQUIRE(injector.apply(threads{n, 1}, view(memory.data(), shape), key).ok());
    CHECK(same_bytes(memory, unobserved));
    REQUIRE(count == first.size());
    bool same_cells = true;
    for (index_t i = 0; i < count; ++i)
      same_cells = same_cells && log[i].element == first[i].element &&
                   log[i].event == first[i].event && log[i].mask == first[i].mask;
    CHECK(same_cells);
    CHECK(log[count] == fault_record{7, 7, 7, 7, 7}); // nothing behind the records in use
  }

  // A scope logs what it injects, and nothing when it takes it back.
  for (fault_record& r : log)
    r = {};
  memory = golden;
  {
    auto injected = injector.scoped(view(memory.data(), shape), key);
    CHECK(std::equal(first.begin(), first.end(), log.begin()));
  }
  CHECK(std::equal(first.begin(), first.end(), log.begin()));
  CHECK(same_bytes(memory, golden));
}

} // namespace

TEST_CASE("a log has the bits before and after each fault, in the order of the draw") {
  check_log("flips", bit_flip{}, exactly{200});
  check_log("stuck-at rate", stuck_at_1{}, rate::per_bit(0.01));
  check_log("overlapping bursts", bit_flip{}, exactly_elements{200}, bits::adjacent{3}, burst{8});
  check_log("owned values", additive_noise{normal{0, 1}}, rate::per_element(0.1), tile{2, 3});
  check_log("every", scale{2}, every{});
}

TEST_CASE("a log knows clipped, inactive and foreign cells by their empty mask") {
  std::vector<std::uint8_t> memory(10);
  std::vector<fault_record> log(20);
  index_t count = 0;
  REQUIRE(make_injector(constant{5}, at{7, 8}, burst{4}, record_to{log, &count})
              .apply(view(memory), key)
              .ok());
  CHECK(memory == std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 5, 5, 5});
  REQUIRE(count == 8);
  for (const std::size_t slot : {0u, 1u, 2u}) {
    CHECK(log[slot].element == 7 + slot);
    CHECK(log[slot].event == 0);
    CHECK(log[slot].mask == 0xFF);
    CHECK(log[slot].before == 0);
    CHECK(log[slot].after == 5);
  }
  for (const std::size_t slot : {3u, 4u, 5u, 6u, 7u})
    CHECK(log[slot] == fault_record{});

  REQUIRE(make_injector(bit_flip{}, exactly{10}, intermittent{0}, record_to{log, &count})
              .apply(view(memory), key)
              .ok());
  REQUIRE(count == 10);
  for (std::size_t slot = 0; slot < 10; ++slot)
    CHECK(log[slot] == fault_record{});
}

TEST_CASE("a log of faults in a format has the element's own bits and the mask of the code") {
  std::vector<float> memory{1.0f, 2.0f};
  std::vector<fault_record> log(1);
  index_t count = 0;
  REQUIRE(make_injector(bit_flip{}, at{1}, bits::given{7}, formats::float8_e4m3{},
                        record_to{log, &count})
              .apply(view(memory), key)
              .ok());
  CHECK(log[0] == fault_record{1, 0, 0x80, to_word(2.0f), to_word(-2.0f)});
}

TEST_CASE("no records are left where there were no faults") {
  std::vector<float> memory(10);
  std::vector<fault_record> log(3, fault_record{1, 1, 1, 1, 1});
  index_t count = 77;
  REQUIRE(
      make_injector(bit_flip{}, exactly{0}, record_to{log, &count}).apply(view(memory), key).ok());
  CHECK(count == 0);
}

TEST_CASE("a log without a place for its count is refused") {
  std::vector<fault_record> log(10);
  std::vector<float> memory(16, 1.0f);
  const status s =
      make_injector(bit_flip{}, exactly{3}, record_to{log, nullptr}).apply(view(memory), key);
  CHECK(s.reason == refusal::null_data);
  CHECK(memory == std::vector<float>(16, 1.0f));
}

TEST_CASE("a call that is refused for its scratch does not touch the log") {
  std::vector<fault_record> log(4, fault_record{1, 2, 3, 4, 5});
  index_t count = 77;
  std::vector<float> memory(16, 1.0f);
  std::vector<std::uint32_t> scratch(1);
  const auto bound = make_injector(zero{}, exactly{3}, record_to{log, &count}).bind(view(memory));
  CHECK(bound.apply(serial{}, view(memory), key, scratch).reason == refusal::scratch_too_small);
  CHECK(count == 77);
  CHECK(log == std::vector<fault_record>(4, fault_record{1, 2, 3, 4, 5}));
}

TEST_CASE("a user's model is asked once for each fault, and the log has the word that it gave") {
  std::vector<fault_record> log(40);
  index_t count = 0;
  std::vector<std::uint32_t> memory(64, 1);
  std::uint32_t calls = 0;
  const auto counting = [&calls](std::uint32_t, auto&) -> std::uint32_t { return 100 + ++calls; };
  REQUIRE(
      make_injector(counting, exactly{40}, record_to{log, &count}).apply(view(memory), key).ok());
  CHECK(calls == 40);
  for (const fault_record& r : log)
    CHECK(r.after == memory[r.element]);
}
