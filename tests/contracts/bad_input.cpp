// SPDX-License-Identifier: MIT
// Contract 7: bad input changes nothing, and the message names the value and the limit.
#include "catch.hpp"
#include "combinations.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 7};
constexpr extents<2> small{5, 8};

/// `apply` returns the sentence, `scoped` and `scoped_checked` throw it, and no byte has changed.
template <class T = float, class Injector, std::size_t Rank = 2>
void check_refused(const Injector& injector, const std::string& sentence,
                   const extents<Rank>& e = small) {
  INFO(sentence);
  const auto golden = any_bits<T>(e.size() < 10000 ? e.size() : 100);
  std::vector<T> memory = golden;
  const auto v = view(memory.data(), e);
  const status s = injector.apply(v, key);
  CHECK(!s.ok());
  CHECK(message(s).text == sentence);
  CHECK(same_bytes(memory, golden));
  CHECK(injector.apply(threads{2, 1}, v, key) == s);
  CHECK(same_bytes(memory, golden));
  bool entered = false;
  try {
    auto injected = injector.scoped(v, key);
    entered = true;
  } catch (const error& thrown) {
    CHECK(thrown.what() == sentence);
    CHECK(thrown.why() == s);
  }
  CHECK(!entered);
  CHECK(same_bytes(memory, golden));
}

} // namespace

TEST_CASE("contract 7: more faults than sites are refused") {
  check_refused(make_injector(bit_flip{}, exactly{1281}),
                "bitfault: exactly: 1281 faults asked for, but the space has only 1280 sites");
  check_refused(make_injector(zero{}, exactly{41}),
                "bitfault: exactly: 41 faults asked for, but the space has only 40 sites");
  check_refused(make_injector(bit_flip{}, exactly{9}, bits::sign{}, batch_entry(2)),
                "bitfault: exactly: 9 faults asked for, but the space has only 8 sites");
  check_refused(make_injector(bit_flip{}, exactly_elements{41}),
                "bitfault: exactly_elements: 41 faults asked for, but the space has only 40 sites");
  check_refused(
      make_injector(bit_flip{}, each_entry{exactly{257}}),
      "bitfault: each_entry (in each entry): 257 faults asked for, but the space has only "
      "256 sites");
  check_refused(make_injector(bit_flip{}, exactly{-1}),
                "bitfault: exactly: -1 faults asked for, but the space has only 1280 sites");
  check_refused(
      make_injector(bit_flip{}, exactly_elements{-40}),
      "bitfault: exactly_elements: -40 faults asked for, but the space has only 40 sites");
  check_refused(make_injector(bit_flip{}, exactly{1}),
                "bitfault: exactly: 1 faults asked for, but the space has only 0 sites",
                extents{3, 0});
}

TEST_CASE("contract 7: what is no probability is refused") {
  const std::string tail = " is not a probability; it must lie in [0, 1]";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check_refused(make_injector(bit_flip{}, rate::per_bit(1.5)),
                "bitfault: rate::per_bit: 1.5" + tail);
  check_refused(make_injector(bit_flip{}, rate::per_bit(-1e-7)),
                "bitfault: rate::per_bit: -1e-7" + tail);
  check_refused(make_injector(bit_flip{}, rate::per_bit(nan)),
                "bitfault: rate::per_bit: NaN" + tail);
  check_refused(make_injector(bit_flip{}, rate::per_bit(std::numeric_limits<double>::infinity())),
                "bitfault: rate::per_bit: infinity" + tail);
  check_refused(make_injector(zero{}, rate::per_element(2)),
                "bitfault: rate::per_element: 2" + tail);
  check_refused(make_injector(zero{}, fraction{-0.25}), "bitfault: fraction: -0.25" + tail);
  check_refused(make_injector(zero{}, fraction{nan}), "bitfault: fraction: NaN" + tail);
  check_refused(make_injector(bit_flip{}, exactly{1}, intermittent{1.25}),
                "bitfault: intermittent: 1.25" + tail);
  // Just outside.
  check_refused(make_injector(bit_flip{}, rate::per_bit(std::nextafter(1.0, 2.0))),
                "bitfault: rate::per_bit: 1 + 2.22045e-16" + tail);
}

TEST_CASE("contract 7: bits outside the word are refused") {
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{32}),
                "bitfault: bits::given: bit 32 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{0, from_msb(32)}),
                "bitfault: bits::given: bit 32 is outside a word of 32 bits");
  check_refused<std::int8_t>(make_injector(bit_flip{}, exactly{1}, bits::given{8}),
                             "bitfault: bits::given: bit 8 is outside a word of 8 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{4294967296}),
                "bitfault: bits::given: bit 4294967296 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{3, -2}),
                "bitfault: bits::given: bit -2 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::range{-1, 4}),
                "bitfault: bits::range: bit -1 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{from_msb(-7)}),
                "bitfault: bits::given: bit -7 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::range{20, 40}),
                "bitfault: bits::range: bit 40 is outside a word of 32 bits");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::range{20, 10}),
                "bitfault: bits::range: the bit range ends at 10, below its first bit 20");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::adjacent{33}),
                "bitfault: bits::adjacent: a window of 33 bits does not fit into a word of 32 bits "
                "(and must have at least one)");
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::adjacent{0}),
                "bitfault: bits::adjacent: a window of 0 bits does not fit into a word of 32 bits "
                "(and must have at least one)");
  check_refused(make_injector(stuck_at_1{}, every{}, bits::as_one{bits::given{3, 99}}),
                "bitfault: bits::given: bit 99 is outside a word of 32 bits");
  // In a format it is the code that counts.
  check_refused(make_injector(bit_flip{}, exactly{1}, bits::given{8}, formats::float8_e4m3{}),
                "bitfault: bits::given: bit 8 is outside a word of 8 bits");
}

TEST_CASE("contract 7: coordinates outside the extents are refused") {
  check_refused(make_injector(bit_flip{}, at{coordinates{4, 8}}),
                "bitfault: at: coordinate 8 on axis 1 is outside its extent 8");
  check_refused(make_injector(bit_flip{}, at{coordinates{0, 0}, coordinates{5, 0}}),
                "bitfault: at: coordinate 5 on axis 0 is outside its extent 5");
  check_refused(make_injector(bit_flip{}, at{coordinates{-1, 0}}),
                "bitfault: at: coordinate -1 on axis 0 is outside its extent 5");
  check_refused(make_injector(bit_flip{}, at{coordinates{1, 2, 3}}),
                "bitfault: at: 3 coordinates or ranges given for a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, at{0, 40}),
                "bitfault: at: element 40 (entry 1 of the list) is outside the tensor of 40 "
                "elements");
  check_refused(make_injector(bit_flip{}, at{-3}),
                "bitfault: at: element -3 (entry 0 of the list) is outside the tensor of 40 "
                "elements");
  check_refused(make_injector(bit_flip{}, at{0, 17}, batch_entry(0)),
                "bitfault: at: element 17 (entry 1 of the list) is not in the region of 8 "
                "elements");
  const std::vector<index_t> list{3, 7, 41};
  check_refused(make_injector(bit_flip{}, at{std::span<const index_t>(list)}),
                "bitfault: at: element 41 (entry 2 of the list) is outside the tensor of 40 "
                "elements");
}

TEST_CASE("contract 7: regions outside the extents are refused") {
  check_refused(make_injector(bit_flip{}, exactly{1}, region{all, 8}),
                "bitfault: region: coordinate 8 on axis 1 is outside its extent 8");
  check_refused(make_injector(bit_flip{}, exactly{1}, region{all, -1}),
                "bitfault: region: coordinate -1 on axis 1 is outside its extent 8");
  check_refused(make_injector(bit_flip{}, exactly{1}, region{range{2, 6}}),
                "bitfault: region: coordinate 5 on axis 0 is outside its extent 5");
  check_refused(make_injector(bit_flip{}, exactly{1}, region{range{4, 2}}),
                "bitfault: region: the range on axis 0 begins at 4 and ends at 2; it must not be "
                "reversed and its step must not be 0");
  check_refused(make_injector(bit_flip{}, exactly{1}, region{range{0, 2, 0}}),
                "bitfault: region: the range on axis 0 begins at 0 and ends at 2; it must not be "
                "reversed and its step must not be 0");
  check_refused(make_injector(bit_flip{}, exactly{1}, region{all, all, 0}),
                "bitfault: region: 3 coordinates or ranges given for a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, exactly{1}, channel(0, 2)),
                "bitfault: channel: axis 2 does not exist in a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, exactly{1}, batch_entry(5)),
                "bitfault: batch_entry: coordinate 5 on axis 0 is outside its extent 5");
  check_refused(make_injector(bit_flip{}, exactly{1}, complement{time_step(7)}),
                "bitfault: time_step: coordinate 7 on axis 0 is outside its extent 5");
  check_refused(make_injector(bit_flip{}, exactly{1}, slice(1, {0, 9, 2})),
                "bitfault: slice: coordinate 8 on axis 1 is outside its extent 8");
  const std::vector<index_t> unsorted{3, 3}, outside{3, 50};
  check_refused(make_injector(bit_flip{}, exactly{1}, elements{unsorted}),
                "bitfault: elements: entry 1 (element 3) does not come after element 3; the list "
                "must be sorted without repeats");
  check_refused(make_injector(bit_flip{}, exactly{1}, elements{outside}),
                "bitfault: elements: element 50 (entry 1 of the list) is outside the tensor of 40 "
                "elements");
}

TEST_CASE("contract 7: patterns that do not fit the tensor are refused") {
  check_refused(make_injector(bit_flip{}, exactly{1}, line{2}),
                "bitfault: line: axis 2 does not exist in a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, exactly{1}, column{}),
                "bitfault: column: axis 1 does not exist in a tensor of rank 1", extents{40});
  check_refused(make_injector(bit_flip{}, exactly{1}, whole_channel{2}),
                "bitfault: whole_channel: axis 2 does not exist in a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, exactly{1}, tile{1, 1, 1}),
                "bitfault: tile: 3 coordinates or ranges given for a tensor of rank 2");
  check_refused(make_injector(bit_flip{}, exactly{1}, tile{1, 0}),
                "bitfault: tile: length (at least 1): 0 is not allowed here");
  check_refused(make_injector(bit_flip{}, exactly{1}, burst{0}),
                "bitfault: burst: length (at least 1): 0 is not allowed here");
  check_refused(make_injector(bit_flip{}, exactly{1}, multi_cell_upset{2, 1, 3, 8}),
                "bitfault: multi_cell_upset: interleaving (must divide words_per_row): 3 is not "
                "allowed here");
  check_refused(make_injector(bit_flip{}, exactly{1}, multi_cell_upset{.columns = 0}),
                "bitfault: multi_cell_upset: columns (at least 1): 0 is not allowed here");
}

TEST_CASE("contract 7: fault models with bad parameters are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check_refused(make_injector(random_value{2, 1}, exactly{1}),
                "bitfault: uniform: high (finite, not below low): 1 is not allowed here");
  check_refused(make_injector(random_value{nan, 1}, exactly{1}),
                "bitfault: uniform: low: NaN is not allowed here");
  check_refused(make_injector(random_value{-1.5e308, 1.5e308}, exactly{1}),
                "bitfault: uniform: high - low (finite): infinity is not allowed here");
  check_refused(make_injector(additive_noise{normal{0, -0.5}}, exactly{1}),
                "bitfault: normal: standard deviation (finite, not negative): -0.5 is not allowed "
                "here");
  check_refused(make_injector(replacement{normal{nan, 1}}, exactly{1}),
                "bitfault: normal: mean: NaN is not allowed here");
  check_refused(make_injector(random_scale{uniform_integer{3, 2}}, exactly{1}),
                "bitfault: uniform_integer: high (not below low): 2 is not allowed here");
  check_refused(make_injector(mixture{weighted{0, bit_flip{}}, weighted{0, zero{}}}, exactly{1}),
                "bitfault: mixture: sum of weights: 0 is not allowed here");
  check_refused(make_injector(chain{bit_flip{}, additive_noise{uniform{1, 0}}}, exactly{1}),
                "bitfault: uniform: high (finite, not below low): 0 is not allowed here");
  check_refused(make_injector(mixture{weighted{1, random_value{1, 0}}}, exactly{1}),
                "bitfault: uniform: high (finite, not below low): 0 is not allowed here");
}

TEST_CASE("contract 7: lists that are too short for their events are refused") {
  const std::vector<float> values(9);
  const std::vector<std::uint32_t> masks(3);
  check_refused(make_injector(value_list<float>{values}, exactly{10}),
                "bitfault: value_list: a list of 9 entries given for 10 events");
  check_refused(make_injector(flip_masks<std::uint32_t>{masks}, at{1, 2, 3, 4}),
                "bitfault: flip_masks: a list of 3 entries given for 4 events");
}

TEST_CASE("contract 7: a mask with a bit outside the word is refused") {
  const std::vector<std::uint8_t> masks{1, 0, 2};
  bool memory[3]{};
  const status s =
      make_injector(flip_masks<std::uint8_t>{masks}, at{0, 1, 2}).apply(view(memory), key);
  CHECK(std::string(message(s).text) == "bitfault: flip_masks: bit 1 is outside a word of 1 bits");
  CHECK((!memory[0] && !memory[1] && !memory[2]));
}

TEST_CASE("contract 7: formats with bad parameters are refused") {
  check_refused(make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t>{0.0}),
                "bitfault: formats::quantized: scale (positive and finite): 0 is not allowed here");
  check_refused(
      make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t>{1.0, 300}),
      "bitfault: formats::quantized: zero_point (one of the codes): 300 is not allowed here");
}

TEST_CASE("contract 7: every with several masks is refused") {
  check_refused(make_injector(bit_flip{}, every{}),
                "bitfault: every: every{} needs one mask per element, but the mask family has 32; "
                "use bits::all, bits::as_one or a single given bit");
}

TEST_CASE("contract 7: spaces that cannot be counted are refused") {
  const extents<2> huge{index_t{1} << 40, index_t{1} << 40};
  check_refused(
      make_injector(bit_flip{}, exactly{1}),
      "bitfault: bind: the site space has more than 2^62 sites; it cannot be counted here", huge);
  check_refused(
      make_injector(bit_flip{}, rate::per_bit(1e-9)),
      "bitfault: bind: the site space has more than 2^62 sites; it cannot be counted here",
      extents{index_t{1} << 30, index_t{1} << 28});
  check_refused(make_injector(zero{}, every{}),
                "bitfault: bind: axis 0 has size -1; a size must not be negative", extents{-1});
}

TEST_CASE("contract 7: scratch that is too small is refused") {
  const auto golden = any_bits<float>(40);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), small);
  std::vector<std::uint32_t> scratch(3, 17u);
  const auto refused = [&](auto f, const std::string& sentence) {
    INFO(sentence);
    bool entered = false;
    try {
      auto injected = f();
      entered = true;
    } catch (const error& thrown) {
      CHECK(thrown.what() == sentence);
    }
    CHECK(!entered);
    CHECK(same_bytes(memory, golden));
    CHECK(scratch == std::vector<std::uint32_t>(3, 17u));
  };
  refused([&] { return make_injector(stuck_at_1{}, exactly{97}).scoped(v, key, scratch); },
          "bitfault: scoped: scratch of 3 words given, 4 needed");
  refused([&] { return make_injector(zero{}, exactly{4}).scoped(v, key, scratch); },
          "bitfault: scoped: scratch of 3 words given, 4 needed");
  refused(
      [&] { return make_injector(zero{}, exactly{4}).scoped(v, key, std::span<std::uint32_t>{}); },
      "bitfault: scoped: scratch of 0 words given, 4 needed");
  refused([&] { return make_injector(bit_flip{}, exactly{2}).scoped_checked(v, key, scratch); },
          "bitfault: scoped_checked: scratch of 3 words given, 4 needed");
  const auto bound = make_injector(zero{}, exactly{4}).bind(v);
  const status s = bound.apply(serial{}, v, key, scratch);
  CHECK(s.reason == refusal::scratch_too_small);
  CHECK(same_bytes(memory, golden));

  // The log of an earlier call is still there, too.
  const fault_record old{1, 2, 3, 4, 5};
  std::vector<fault_record> log(4, old);
  index_t count = 77;
  const auto watched = make_injector(zero{}, exactly{4}, record_to{log, &count}).bind(v);
  CHECK(watched.apply(serial{}, v, key, scratch).reason == refusal::scratch_too_small);
  CHECK(count == 77);
  CHECK(log == std::vector<fault_record>(4, old));
}

TEST_CASE("contract 7: a log that is too small is refused") {
  fault_record log[4];
  index_t count = 99;
  check_refused(make_injector(bit_flip{}, exactly{5}, record_to{log, &count}),
                "bitfault: record_to: a log of 4 records given, 5 needed");
  CHECK(count == 99);
  check_refused(make_injector(bit_flip{}, exactly{2}, burst{3}, record_to{log, &count}),
                "bitfault: record_to: a log of 4 records given, 6 needed");
}

TEST_CASE("contract 7: a null pointer to elements is refused") {
  const status s =
      make_injector(bit_flip{}, exactly{1}).apply(view(static_cast<float*>(nullptr), 9), key);
  CHECK(std::string(message(s).text) ==
        "bitfault: apply: the data pointer is null, but the tensor has 9 elements");
}

TEST_CASE("contract 7: a negative size is refused by its number") {
  std::vector<float> memory(12);
  const auto injector = make_injector(bit_flip{}, exactly{1});
  const status s = injector.apply(view(memory.data(), extents{4, -3}), key);
  CHECK(std::string(message(s).text) ==
        "bitfault: bind: axis 1 has size -3; a size must not be negative");
  CHECK(injector.apply(view(memory.data(), extents{0, -3}), key) == s);
  CHECK(injector.apply(view(memory.data(), static_cast<std::size_t>(-12)), key).reason ==
        refusal::negative_size);
  CHECK(memory == std::vector<float>(12));
}

TEST_CASE("contract 7: a plan that is bound to other extents is refused") {
  const auto golden = any_bits<float>(40);
  std::vector<float> memory = golden;
  const auto bound = make_injector(bit_flip{}, exactly{5}).bind<float>(extents{8, 5});
  const status s = bound.apply(serial{}, view(memory.data(), small), key);
  CHECK(std::string(message(s).text) ==
        "bitfault: apply: axis 0 of the tensor has size 5; the faults are for a tensor with size 8 "
        "there");
  CHECK(same_bytes(memory, golden));
  CHECK(!bound.apply(serial{}, view(memory.data(), extents{8, 4}), key).ok());
  CHECK(!bound.apply(serial{}, view(memory.data(), 40), key).ok());
  CHECK(same_bytes(memory, golden));
  CHECK(bound.apply(serial{}, view(memory.data(), extents{8, 5}), key).ok());
  CHECK(!same_bytes(memory, golden));
}

TEST_CASE("contract 7: limits themselves are allowed") {
  std::vector<float> memory(40);
  const auto v = view(memory.data(), small);
  CHECK(make_injector(bit_flip{}, exactly{1280}).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, rate::per_bit(1)).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, rate::per_bit(-0.0)).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, exactly{1}, bits::given{31}).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, exactly{1}, bits::adjacent{32}).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, at{39}).apply(v, key).ok());
  CHECK(make_injector(bit_flip{}, exactly{1}, region{range{4, 5}, 7}).apply(v, key).ok());
  CHECK(make_injector(random_value{1, 1}, exactly{1}).apply(v, key).ok());
}
