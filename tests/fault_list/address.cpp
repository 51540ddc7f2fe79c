// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/address.hpp>
#include <bitfault/random/philox.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using bitfault::address_error;
using bitfault::extents;
using bitfault::fault_action;
using bitfault::fault_address;
using bitfault::fault_list;
using bitfault::header_of;
using bitfault::listed_fault;
using bitfault::parse_address;
using fault_list_tests::has;
using fault_list_tests::thrown;

constexpr std::uint64_t whole = ~std::uint64_t{0};

/// That a text is refused at that offset with that reason.
void fails(const std::string& text, std::size_t offset, const char* part) {
  std::string what;
  std::size_t where = ~std::size_t{0};
  try {
    static_cast<void>(parse_address(text));
  } catch (const address_error& e) {
    what = e.what();
    where = e.offset();
  }
  INFO(text << ": " << what);
  CHECK(where == offset);
  CHECK(has(what, part));
  CHECK(has(what, "'" + text + "': at offset " + std::to_string(offset)));
}

} // namespace

TEST_CASE("an address says tensor, coordinates and what happens there") {
  CHECK(parse_address("bf1:conv1.weight[3,0,1,2]^30") ==
        fault_address{"conv1.weight", {3, 0, 1, 2}, fault_action::flip, 1u << 30, 0});
  CHECK(parse_address("bf1:x[7]=0@0") == fault_address{"x", {7}, fault_action::stuck_at_0, 1, 0});
  CHECK(parse_address("bf1:x[7]=1@63,2") ==
        fault_address{"x", {7}, fault_action::stuck_at_1, (std::uint64_t{1} << 63) | 4, 0});
  CHECK(parse_address("bf1:x[7]:=0x3F800000") ==
        fault_address{"x", {7}, fault_action::write, whole, 0x3F800000});
  CHECK(parse_address("bf1:x[7]:=0x30&0xf0") ==
        fault_address{"x", {7}, fault_action::write, 0xF0, 0x30});
  CHECK(parse_address("bf1:scalar[]^3,4,5") ==
        fault_address{"scalar", {}, fault_action::flip, 0x38, 0});
  CHECK(parse_address("bf1:[18446744073709551615]^0").coordinates ==
        std::vector<std::uint64_t>{whole});
}

TEST_CASE("a tensor's name may hold anything but white space, brackets too") {
  for (const std::string name : {"onnx::Conv_123", "/model/layer-1/w", "blocks[0].attn.weight",
                                 "a]b[c", "bf1:x", "a^b=c@1", "d\xC3\xA9j\xC3\xA0", "", "7"}) {
    const fault_address a{name, {1, 2}, fault_action::flip, 2, 0};
    CHECK(parse_address(to_string(a)) == a);
  }
}

TEST_CASE("each mistake in an address is said with its place and what was expected") {
  fails("", 0, "expected 'bf1:', found the end");
  fails("conv1.weight[3]^1", 0, "expected 'bf1:', found 'c'");
  fails("bf:x[0]^1", 2, "expected a version number, found ':'");
  fails("bf2:x[0]^1", 2, "version 2; this library reads version 1");
  fails("bf1x[0]^1", 3, "expected ':', found 'x'");
  fails("bf1:x^1", 7, "expected '[' and coordinates after the tensor's name");
  fails("bf1:a b[0]^1", 5, "white space or a control character");
  fails("bf1:a\tb[0]^1", 5, "white space or a control character");
  fails("bf1:x[", 6, "expected a coordinate, found the end");
  fails("bf1:x[1,]^1", 8, "expected a coordinate, found ']'");
  fails("bf1:x[1;2]^1", 7, "expected ',' or ']', found ';'");
  fails("bf1:x[-1]^1", 6, "expected a coordinate, found '-'");
  fails("bf1:x[1, 2]^1", 8, "expected a coordinate, found ' '");
  fails("bf1:x[18446744073709551616]^1", 6, "does not fit into 64 bits");
  fails("bf1:x[1]", 8, "expected '^' (flip), '=' (stuck) or ':=' (write), found the end");
  fails("bf1:x[1]~3", 8, "expected '^' (flip)");
  fails("bf1:x[1]^", 9, "expected a bit number, found the end");
  fails("bf1:x[1]^3,", 11, "expected a bit number, found the end");
  fails("bf1:x[1]^3,3", 11, "bit 3 is given twice");
  fails("bf1:x[1]^64", 9, "bit 64; no word has more than 64 bits");
  fails("bf1:x[1]^3 ", 10, "expected the end, or ',' between bit numbers, found ' '");
  fails("bf1:x[1]=2@3", 9, "expected 0 or 1, found '2'");
  fails("bf1:x[1]=1^3", 10, "expected '@' and bit numbers, found '^'");
  fails("bf1:x[1]:0x3", 9, "expected '=', found '0'");
  fails("bf1:x[1]:=63", 10, "expected 0x and hexadecimal digits, found '6'");
  fails("bf1:x[1]:=0x", 12, "expected 0x and hexadecimal digits, found the end");
  fails("bf1:x[1]:=0x11112222333344445", 12, "does not fit into 64 bits");
  fails("bf1:x[1]:=0x1f&0xf", 10, "the value has bits outside its mask");
  fails("bf1:x[1]:=0x0&0x0", 17, "the mask has no bits");
}

TEST_CASE("printing and reading an address are inverse") {
  std::size_t writes = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto r = bitfault::philox({{5, 6}}, {{i, 0, 0, 0}});
    const auto more = bitfault::philox({{5, 6}}, {{i, 1, 0, 0}});
    const auto third = bitfault::philox({{5, 6}}, {{i, 2, 0, 0}});
    fault_address a;
    for (std::uint32_t n = 0; n < r.word[0] % 9; ++n)
      a.tensor += "ab.9/_-:[]^=@,&"[(r.word[1] >> (3 * n)) % 15];
    for (std::uint32_t n = 0; n < r.word[2] % 5; ++n)
      a.coordinates.push_back(more.wide(0) >> (11 * n + r.word[3] % 20));
    a.action = static_cast<fault_action>(r.word[3] >> 30);
    a.mask = more.wide(1) & third.wide(0);
    if (a.mask == 0 || r.word[3] % 3 == 0)
      a.mask = whole;
    if (a.action == fault_action::write) {
      a.value = third.wide(1) & a.mask;
      ++writes;
    }
    const std::string text = to_string(a);
    CHECK(parse_address(text) == a);
    CHECK(to_string(parse_address(text)) == text);
  }
  CHECK(writes > 800);
}

TEST_CASE("any prefix or one-character change of an address is read or refused, never more") {
  const std::string good = "bf1:c[3,0]:=0x3f&0xff";
  for (std::size_t n = 0; n < good.size(); ++n)
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[n] = static_cast<char>(c);
      try {
        const fault_address a = parse_address(text);
        CHECK(parse_address(to_string(a)) == a);
      } catch (const address_error& e) {
        CHECK(e.offset() <= text.size());
      }
    }
}

TEST_CASE("the faults of a list have addresses, and addresses give the faults back") {
  const fault_list list(header_of<std::uint16_t>(extents{4, 3, 5}, {}, "fc.w"),
                        {{0, 0x8001, 0, fault_action::flip},
                         {59, 0x10, 0, fault_action::stuck_at_0},
                         {17, 0xFFFF, 0, fault_action::stuck_at_1},
                         {31, 0xFFFF, 0x3F80, fault_action::write},
                         {31, 0x00FF, 0x12, fault_action::write}});
  const char* expected[] = {"bf1:fc.w[0,0,0]^0,15", "bf1:fc.w[3,2,4]=0@4",
                            "bf1:fc.w[1,0,2]=1@0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
                            "bf1:fc.w[2,0,1]:=0x3f80", "bf1:fc.w[2,0,1]:=0x12&0xff"};
  for (std::size_t i = 0; i < list.size(); ++i) {
    CHECK(to_string(address_of(list, i)) == expected[i]);
    CHECK(to_fault(parse_address(expected[i]), list.header()) == list[i]);
    CHECK(bitfault::to_fault<std::uint16_t>(parse_address(expected[i]), extents{4, 3, 5}) ==
          list[i]);
  }
}

TEST_CASE("an address outside the tensor or its word is an error that says where") {
  const auto fault = [](const char* text) {
    return thrown<bitfault::error>([&] {
      static_cast<void>(bitfault::to_fault<float>(parse_address(text), extents{4, 3}));
    });
  };
  CHECK(fault("bf1:x[3,2]^31").empty());
  CHECK(has(fault("bf1:x[3,3]^31"), "coordinate 3 on axis 1 is outside its extent 3"));
  CHECK(has(fault("bf1:x[4,2]^31"), "coordinate 4 on axis 0 is outside its extent 4"));
  CHECK(has(fault("bf1:x[3]^31"), "1 coordinates or ranges given for a tensor of rank 2"));
  CHECK(has(fault("bf1:x[3,2,0]^31"), "3 coordinates"));
  CHECK(has(fault("bf1:x[3,2]^32"), "bit 32 is outside a word of 32 bits"));
  CHECK(has(fault("bf1:x[3,2]=0@1,40"), "bit 40 is outside a word of 32 bits"));
  CHECK(has(fault("bf1:x[3,2]:=0x100000000"), "bit 32 is outside a word of 32 bits"));
  CHECK(has(fault("bf1:x[3,2]:=0x0&0x100000001"), "bit 32 is outside"));
  fault_address none = parse_address("bf1:x[0,0]^0");
  none.mask = 0;
  CHECK(check_address(none, header_of<float>(extents{4, 3})).reason ==
        bitfault::refusal::no_bits_given);
}

TEST_CASE("an address in extents that cannot be counted is refused") {
  using namespace bitfault;
  constexpr index_t large = index_t{1} << 33;
  const auto address = parse_address("bf1:[5,4]^1");
  try {
    static_cast<void>(to_fault<float>(address, extents{large, large}));
    FAIL("not refused");
  } catch (const error& e) {
    CHECK(e.why().reason == refusal::space_too_large);
  }
}
