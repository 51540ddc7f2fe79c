// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bitfault::extents;
using bitfault::fault_action;
using bitfault::fault_key;
using bitfault::fault_list;
using bitfault::header_of;
using bitfault::listed_fault;
using bitfault::refusal;
using fault_list_tests::has;
using fault_list_tests::tensor;
using fault_list_tests::thrown;

fault_list through_a_file(const fault_list& list) {
  std::stringstream file;
  list.save(file);
  std::stringstream text;
  list.save_csv(text);
  fault_list loaded = fault_list::load(file);
  CHECK(loaded == list);
  CHECK(fault_list::load(text) == list);
  return loaded;
}

/// Word level, its result depends on the data, and the order of two events on one word matters.
struct add_mask {
  template <class W>
    requires std::is_unsigned_v<W>
  constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>(word * 3u + mask);
  }
};

} // namespace

TEST_CASE("a list refuses a view that does not fit, before the first write") {
  fault_list list(header_of<float>(extents{3, 4}), {{0, 1, 0, fault_action::flip}});
  tensor<float> t(12);
  const tensor<float> golden(t);
  const auto refused = [&](const bitfault::status& s, refusal reason, const char* part) {
    CHECK(s.reason == reason);
    CHECK(has(message(s).text, part));
    CHECK(t == golden);
    CHECK(list.applied() == 0);
  };
  const char* other_rank =
      "fault list: the tensor has rank 1; the faults are for a tensor of rank 2";
  refused(list.apply(bitfault::view(t.data(), extents{4, 3})), refusal::extents_differ,
          "fault list: axis 0 of the tensor has size 4; the faults are for a tensor with size 3");
  refused(list.reapply(bitfault::view(t.data(), extents{3, 2})), refusal::extents_differ,
          "fault list: axis 1 of the tensor has size 2; the faults are for a tensor with size 4");
  refused(list.apply(bitfault::view(t.data(), extents{12})), refusal::rank_differs, other_rank);
  float* const nothing = nullptr;
  refused(list.apply(bitfault::view(nothing, extents{3, 4})), refusal::null_data, "null");
  tensor<std::int32_t> integers(12);
  refused(list.apply(bitfault::view(integers.data(), extents{3, 4})), refusal::wrong_type,
          "fault list: the tensor's elements are int32; float32 is needed here");
  tensor<double> doubles(12);
  refused(list.restore(bitfault::view(doubles.data(), extents{3, 4})), refusal::wrong_type,
          "fault list: the tensor's elements are float64; float32 is needed here");
  CHECK(has(
      thrown<bitfault::error>([&] { auto s = list.scoped(bitfault::view(t.data(), extents{12})); }),
      other_rank));
  CHECK(has(thrown<bitfault::error>([&] { list.words_before(bitfault::view(doubles.data(), 12)); }),
            "float64"));
}

TEST_CASE("apply stacks, for one tensor and for several") {
  const auto injector = bitfault::make_injector(add_mask{}, bitfault::exactly{60});
  tensor<std::uint8_t> a(20, 1), b(20, 2);
  const tensor<std::uint8_t> golden_a(a), golden_b(b);
  const auto on = [](const tensor<std::uint8_t>& t) { return bitfault::view(t.data(), t.size()); };
  fault_list list = injector.draw(on(a), {});
  REQUIRE(list.apply(on(a)).ok());
  const tensor<std::uint8_t> once(a);
  REQUIRE(list.apply(on(b)).ok());
  a[0] = 7, a[1] = 8; // what somebody else writes in between, and the second apply finds
  const tensor<std::uint8_t> between(a);
  REQUIRE(list.apply(on(a)).ok());
  CHECK(list.applied() == 3);

  const fault_list copy = list; // has applied nothing
  CHECK(copy == list);
  CHECK(copy.applied() == 0);
  fault_list moved = std::move(list);
  CHECK(moved.applied() == 3);

  REQUIRE(moved.restore(on(a)).ok());
  CHECK(a == between);
  REQUIRE(moved.restore(on(a)).ok());
  REQUIRE(moved.restore(on(b)).ok());
  CHECK(b == golden_b);
  CHECK(moved.applied() == 0);
  bool same = true;
  for (std::size_t i = 2; i < a.size(); ++i)
    same = same && a[i] == golden_a[i];
  CHECK(same);
}

TEST_CASE("restore without apply is refused and changes nothing") {
  tensor<float> t(12), other(12, 2);
  const tensor<float> golden(t);
  fault_list list(header_of<float>(extents{12}), {{0, 1, 0, fault_action::flip}});
  const auto s = list.restore(bitfault::view(t.data(), 12));
  CHECK(s.reason == refusal::nothing_applied);
  CHECK(has(message(s).text, "bitfault: fault list: restore: there is nothing to take back"));
  CHECK(t == golden);
  REQUIRE(list.apply(bitfault::view(other.data(), 12)).ok());
  CHECK_FALSE(list.restore(bitfault::view(t.data(), 12)).ok());
  CHECK(t == golden);
  CHECK(list.restore(bitfault::view(other.data(), 12)).ok());
  CHECK_FALSE(list.restore(bitfault::view(other.data(), 12)).ok());
}

TEST_CASE("NaN payloads and negative zero survive apply and restore") {
  std::vector<std::uint32_t> words{0x7F800001u, 0x80000000u, 0xFFC12345u, 0x00000001u};
  std::vector<float> t(4);
  std::memcpy(t.data(), words.data(), 16);
  fault_list list(header_of<float>(extents{4}), {{0, 0xFFFFFFFF, 0x7F800003u, fault_action::write},
                                                 {1, 1, 0, fault_action::flip},
                                                 {2, 0x80000000u, 0, fault_action::stuck_at_0},
                                                 {3, 0x7F800000u, 0, fault_action::stuck_at_1}});
  REQUIRE(list.apply(bitfault::view(t)).ok());
  const std::uint32_t expected[]{0x7F800003u, 0x80000001u, 0x7FC12345u, 0x7F800001u};
  CHECK(std::memcmp(t.data(), expected, 16) == 0);
  REQUIRE(list.restore(bitfault::view(t)).ok());
  CHECK(std::memcmp(t.data(), words.data(), 16) == 0);
}

TEST_CASE("a list by hand is checked") {
  const auto made = [](std::vector<listed_fault> faults) {
    return thrown<bitfault::error>([&] {
      static_cast<void>(fault_list(header_of<std::int8_t>(extents{2, 3}), std::move(faults)));
    });
  };
  CHECK(made({{5, 0x80, 0, fault_action::flip}}).empty());
  CHECK(has(made({{5, 1}, {6, 1}}),
            "element 6 (entry 1 of the list) is outside the tensor of 6 elements"));
  CHECK(has(made({{5, 0x300}}), "bit 8 is outside a word of 8 bits"));
  CHECK(has(made({{5, 0}}), "no bits given"));
  bitfault::fault_list_header h = header_of<float>(extents{2});
  h.word_bits = 16;
  CHECK_FALSE(thrown<bitfault::error>([&] { static_cast<void>(fault_list(h, {})); }).empty());
  h = header_of<float>(extents{2}, {}, "two words");
  CHECK_FALSE(thrown<bitfault::error>([&] { static_cast<void>(fault_list(h, {})); }).empty());
  h = header_of<float>(extents{~bitfault::index_t{0}, 2});
  CHECK(has(thrown<bitfault::error>([&] { static_cast<void>(fault_list(h, {})); }), "2^64"));

  fault_list list(header_of<std::int8_t>(extents{6}),
                  {{1, 0x0F, 0xFFF3, fault_action::write}, {2, 0x0F, 0xFFF3, fault_action::flip}});
  CHECK(list[0].value == 3);
  CHECK(list[1].value == 0);
  list.name_tensor("conv1.weight");
  CHECK(list.header().tensor == "conv1.weight");
  CHECK_FALSE(thrown<bitfault::error>([&] { list.name_tensor("a b"); }).empty());
  CHECK(list.header().tensor == "conv1.weight");
  list.describe("write, by hand");
  CHECK(list.header().policies == "write, by hand");
  CHECK(has(thrown<bitfault::error>([&] { list.describe("two\nlines"); }), "control character"));
  CHECK(list.header().policies == "write, by hand");
}

TEST_CASE("lists differ by any fault and any part of the header") {
  const fault_list list(header_of<float>(extents{2, 2}, {1, 2, 3, 4}, "w"), {{1, 2}, {3, 4}});
  CHECK(list == fault_list(list.header(), {{1, 2}, {3, 4}}));
  CHECK_FALSE(list == fault_list(list.header(), {{3, 4}, {1, 2}}));
  CHECK_FALSE(list == fault_list(list.header(), {{1, 2}}));
  const auto differs = [&](auto change) {
    bitfault::fault_list_header h = list.header();
    change(h);
    return !(list == fault_list(h, {{1, 2}, {3, 4}}));
  };
  CHECK(differs([](auto& h) { h.key.seed = 9; }));
  CHECK(differs([](auto& h) { h.key.step = 9; }));
  CHECK(differs([](auto& h) { h.extents = {4, 1}; }));
  CHECK(differs([](auto& h) { h.element_type = "int32"; }));
  CHECK(differs([](auto& h) { h.draw_version = 9; }));
  CHECK(differs([](auto& h) { h.tensor = "v"; }));
  CHECK(differs([](auto& h) { h.policies = "exactly 2"; }));
}

TEST_CASE("words_before sees what earlier faults of the list have left") {
  std::vector<std::uint8_t> t{0x10, 0x20};
  const fault_list list(header_of<std::uint8_t>(extents{2}),
                        {{0, 0x01, 0, fault_action::flip},
                         {1, 0xFF, 0x55, fault_action::write},
                         {0, 0x10, 0, fault_action::stuck_at_0},
                         {0, 0x01, 0, fault_action::flip}});
  CHECK(list.words_before(bitfault::view(t)) == std::vector<std::uint64_t>{0x10, 0x20, 0x11, 0x01});
  CHECK(t == std::vector<std::uint8_t>{0x10, 0x20});
}

TEST_CASE("an empty list and a tensor without elements are no special case") {
  fault_list none(header_of<float>(extents{0, 5}), {});
  std::vector<float> nothing;
  const auto v = bitfault::view(nothing.data(), extents{0, 5});
  CHECK(none.apply(v).ok());
  CHECK(none.restore(v).ok());
  CHECK(through_a_file(none).empty());
  CHECK(through_a_file(fault_list(header_of<float>(extents{7}), {})).header().extents ==
        std::vector<std::uint64_t>{7});
  CHECK(bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{0})
            .draw<float>(extents{5}, {})
            .empty());
}

TEST_CASE("a list knows a tensor by all of its layout, not by its first address") {
  using namespace bitfault;
  std::vector<float> memory(16, 1.0f);
  const extents e{4, 4};
  fault_list list(header_of<float>(e), {{1, 1u << 31, 0, fault_action::flip}});
  REQUIRE(list.apply(view(memory.data(), e)).ok());
  // The transposed tensor has the same extents, the same first and the same last address.
  CHECK(list.restore(view(memory.data(), e, strides{1, 4})).reason == refusal::nothing_applied);
  CHECK(list.restore(view(memory.data(), e)).ok());
  CHECK(memory == std::vector<float>(16, 1.0f));
}

TEST_CASE("a list takes whatever a view takes") {
  using namespace bitfault;
  std::vector<float> memory(4, 1.0f);
  fault_list list(header_of<float>(extents{4}), {{1, 1u << 31, 0, fault_action::flip}});
  REQUIRE(list.apply(memory).ok());
  CHECK(memory[1] == -1.0f);
  REQUIRE(list.restore(memory).ok());
  {
    auto injected = list.scoped(memory);
    CHECK(memory[1] == -1.0f);
  }
  CHECK(memory[1] == 1.0f);
  apply_at(memory, "bf1:[2]^31");
  CHECK(memory[2] == -1.0f);
}

TEST_CASE("a header that is no good says what is wrong with it") {
  using namespace bitfault;
  fault_list_header header = header_of<float>(extents{4});
  header.word_bits = 65;
  try {
    const fault_list list(header, {});
    FAIL("not refused");
  } catch (const error& e) {
    CHECK(std::string(e.what()) == "bitfault: fault list: a word of 65 bits; 1 to 64 are possible");
  }
}
