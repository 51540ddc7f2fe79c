// SPDX-License-Identifier: MIT
// Contract 3: restoring is exact.
#include "catch.hpp"
#include "combinations.hpp"

#include <span>
#include <stdexcept>
#include <utility>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 5, .trial = 1, .stream = 9, .step = 2};

/// Every bit of every word is back after a scope, whoever injects and whoever restores.
template <class T, class Injector>
void check_restores(const char* name, const Injector& injector, const std::vector<T>& golden) {
  INFO(name);
  std::vector<T> faulty = golden;
  REQUIRE(injector.apply(view(faulty.data(), shape), key).ok());
  CHECK(words_that_differ(faulty, golden) > 0);

  std::vector<T> memory = golden;
  const auto v = view(memory.data(), shape);
  {
    auto injected = injector.scoped(v, key);
    CHECK(same_bytes(memory, faulty));
  }
  CHECK(same_bytes(memory, golden));
  {
    auto injected = injector.scoped_checked(v, key);
    CHECK(same_bytes(memory, faulty));
    CHECK(injected.restore() == 0);
    CHECK(same_bytes(memory, golden));
  }
  CHECK(same_bytes(memory, golden));

  std::vector<word_t<T>> scratch(injector.bind(v).required_scratch(key), word_t<T>{0x5A});
  {
    auto injected = injector.scoped(v, key, scratch);
    CHECK(same_bytes(memory, faulty));
  }
  CHECK(same_bytes(memory, golden));
}

} // namespace

TEST_CASE("contract 3: every composition of bit faults is taken back bit for bit") {
  // NaN of all kinds, -0.0, infinities, subnormals.
  const auto golden = any_bits<float>(size);
  const auto check = [&](const char* name, const auto& injector) {
    check_restores(name, injector, golden);
  };
  check("flips", make_injector(bit_flip{}, exactly{300}));
  check("all flips", make_injector(bit_flip{}, every{}, bits::all{}));
  check("flips at a high rate", make_injector(bit_flip{}, rate::per_bit(0.3)));
  check("stuck-at", make_injector(stuck_at_1{}, rate::per_bit(0.2), burst{3}));
  check("overlapping windows", make_injector(stuck_at_0{}, exactly{2000}, bits::adjacent{7}));
  check("an element twice", make_injector(stuck_at_1{}, at{5, 5, 6}, bits::all{}, burst{2}));
  check("an upset", make_injector(stuck_at_1{}, exactly{90}, multi_cell_upset{3, 2, 4, 8}));
  check("intermittent", make_injector(stuck_at_1{}, exactly{300}, intermittent{0.4}));
}

TEST_CASE("contract 3: every composition of value faults is taken back bit for bit") {
  const auto golden = any_bits<float>(size, 4);
  const auto check = [&](const char* name, const auto& injector) {
    check_restores(name, injector, golden);
  };
  check("zero", make_injector(zero{}, exactly_elements{100}));
  check("overlapping tiles", make_injector(constant{7}, rate::per_element(0.2), tile{2, 3}));
  check("noise", make_injector(additive_noise{normal{0, 1}}, exactly{100}));
  check("chain", make_injector(chain{bit_flip{}, scale{2}}, exactly{900}));
  check("own word model", make_injector(rotate_masked{}, exactly{4000}));
  // A format that rounds, and turns NaN into a number.
  check("through a format",
        make_injector(bit_flip{}, exactly{900}, formats::quantized<std::int8_t>{0.1}));
}

TEST_CASE("contract 3: words of 8, 16 and 64 bits are taken back bit for bit") {
  const auto stuck = make_injector(stuck_at_1{}, rate::per_bit(0.05));
  const auto values = make_injector(scale{3}, rate::per_element(0.2), burst{2});
  check_restores("int8", stuck, any_bits<std::int8_t>(size));
  check_restores("half", stuck, any_bits<half>(size));
  check_restores("double", stuck, any_bits<double>(size));
  check_restores("int8 values", values, any_bits<std::int8_t>(size));
  check_restores("half values", values, any_bits<half>(size));
  check_restores("double values", values, any_bits<double>(size));
}

TEST_CASE("contract 3: several threads take back bit for bit, in any order of the pieces") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), shape);
  const auto check = [&](const auto& injector) {
    {
      auto injected = injector.scoped(threads{5, 1}, v, key);
      CHECK(!same_bytes(memory, golden));
    }
    CHECK(same_bytes(memory, golden));
    {
      auto injected = injector.scoped(backwards{}, v, key);
      CHECK(!same_bytes(memory, golden));
    }
    CHECK(same_bytes(memory, golden));
  };
  check(make_injector(bit_flip{}, rate::per_bit(0.1)));
  check(make_injector(stuck_at_1{}, rate::per_bit(0.01), burst{5}));
  check(make_injector(stuck_at_0{}, exactly{3000}, bits::adjacent{9}));
  check(make_injector(scale{2}, rate::per_element(0.3), tile{2, 2}));
}

TEST_CASE("contract 3: nested scopes on the same elements are taken back last in, first out") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden, before;
  const auto v = view(memory.data(), shape);
  const auto values = make_injector(additive_noise{uniform{-1, 1}}, rate::per_element(0.8));
  const auto stuck = make_injector(stuck_at_0{}, rate::per_bit(0.5));
  const auto flips = make_injector(bit_flip{}, rate::per_bit(0.5));
  {
    auto a = values.scoped(v, {.seed = 1});
    before = memory;
    {
      auto b = stuck.scoped(v, {.seed = 2});
      auto c = flips.scoped(v, {.seed = 3});
      auto d = values.scoped(v, {.seed = 1}); // the same faults once more
      CHECK(words_that_differ(memory, before) > size / 2);
    }
    CHECK(same_bytes(memory, before));
    for (std::uint64_t t = 0; t < 5; ++t) {
      auto e = stuck.scoped(v, {.seed = 4, .trial = t});
      CHECK(!same_bytes(memory, before));
    }
    CHECK(same_bytes(memory, before));
  }
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("contract 3: an exception that leaves the scope takes the faults back") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), shape);
  bool injected_before = false;
  try {
    auto a = make_injector(zero{}, exactly_elements{50}).scoped(v, key);
    auto b = make_injector(bit_flip{}, exactly{50}).scoped_checked(v, key);
    injected_before = words_that_differ(memory, golden) > 50;
    throw std::runtime_error("inference failed");
  } catch (const std::runtime_error&) {
  }
  CHECK(injected_before);
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("contract 3: a moved scope takes back once, and a restored one never again") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), shape);
  const auto check_moves = [&](auto made) {
    CHECK(!same_bytes(memory, golden));
    {
      auto other = std::move(made);
      CHECK(!same_bytes(memory, golden));
      CHECK(other.status().ok());
    }
    CHECK(same_bytes(memory, golden));
    made.restore(); // owns nothing any more; a second flip would be a fault
    CHECK(same_bytes(memory, golden));
  };
  check_moves(make_injector(bit_flip{}, exactly{50}).scoped(v, key));
  CHECK(same_bytes(memory, golden));
  check_moves(make_injector(stuck_at_1{}, exactly{50}).scoped(v, key));
  CHECK(same_bytes(memory, golden));
  check_moves(make_injector(zero{}, exactly{50}).scoped_checked(v, key));
  CHECK(same_bytes(memory, golden));
  {
    auto a = make_injector(bit_flip{}, exactly{50}).scoped(v, key);
    a.restore();
    CHECK(same_bytes(memory, golden));
    a.restore();
    CHECK(same_bytes(memory, golden));
  }
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("contract 3: scoped_checked takes back what still stands and counts the rest") {
  const auto golden = numbers<float>(size);
  const auto check = [&](const auto& injector) {
    std::vector<float> faulty = golden, memory = golden;
    REQUIRE(injector.apply(view(faulty.data(), shape), key).ok());
    std::vector<index_t> hit;
    for (index_t i = 0; i < size; ++i)
      if (to_word(faulty[i]) != to_word(golden[i]))
        hit.push_back(i);
    REQUIRE(hit.size() >= 20);

    std::vector<float> expected = golden;
    index_t lost = 0;
    {
      auto injected = injector.scoped_checked(view(memory.data(), shape), key);
      CHECK(same_bytes(memory, faulty));
      for (index_t i = 0; i < hit.size(); i += 4) { // somebody writes every fourth one
        memory[hit[i]] = expected[hit[i]] = 12345.0f;
        ++lost;
      }
      memory[0] = expected[0] = -1.0f; // and an element that no fault is in
      CHECK(injected.restore() == lost);
      CHECK(injected.restore() == lost);
    }
    CHECK(same_bytes(memory, expected));
  };
  check(make_injector(bit_flip{}, at{5,   40,  77,  90,  91,  92,  100, 200, 300, 301, 302,
                                     303, 400, 500, 501, 502, 600, 700, 701, 702, 800, 810},
                      bits::given{22}));
  check(make_injector(bit_flip{}, exactly_elements{60}, region{range{1, 4}}));
  check(make_injector(scale{3}, exactly_elements{60}, region{range{1, 4}}));
}

TEST_CASE("contract 3: scoped and scoped_checked work with scratch that has the exact size") {
  const auto golden = any_bits<std::uint16_t>(size);
  std::vector<std::uint16_t> memory = golden;
  const auto v = view(memory.data(), shape);
  const auto injector = make_injector(stuck_at_1{}, exactly{33}, bits::adjacent{2});
  std::vector<std::uint16_t> scratch(35, 0xABCD);
  {
    auto a = injector.scoped(v, key, std::span<std::uint16_t>(scratch).subspan(1, 33));
    CHECK(words_that_differ(memory, golden) > 0);
  }
  CHECK(same_bytes(memory, golden));
  CHECK(scratch.front() == 0xABCD); // and nothing beyond it is written
  CHECK(scratch.back() == 0xABCD);
  std::vector<std::uint16_t> twice(66);
  {
    auto a = injector.scoped_checked(v, key, twice);
    CHECK(words_that_differ(memory, golden) > 0);
  }
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("contract 3: a NaN payload and a negative zero come back as they were") {
  const std::vector<float> golden{from_word<float>(0x7FA12345u),
                                  from_word<float>(0xFFC00001u),
                                  -0.0f,
                                  0.0f,
                                  from_word<float>(1u),
                                  1.0f};
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    std::vector<float> memory = golden;
    {
      auto a = make_injector(scale{1.5}, exactly{4}).scoped(view(memory), {.trial = trial});
      auto b = make_injector(stuck_at_1{}, exactly{60}).scoped(view(memory), {.trial = trial});
      CHECK(!same_bytes(memory, golden));
    }
    CHECK(same_bytes(memory, golden));
  }
}
