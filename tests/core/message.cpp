// SPDX-License-Identifier: MIT
#include <bitfault/core/message.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>

using bitfault::message;
using bitfault::message_text;
using bitfault::refusal;
using bitfault::status;

namespace {

template <class X>
std::string text(X x) {
  message_text m;
  m << x;
  CHECK(std::string(m.text).size() == m.length);
  return m.text;
}

constexpr std::uint64_t bits(double d) { return bitfault::detail::bit_cast<std::uint64_t>(d); }
constexpr std::uint64_t negative(std::int64_t n) { return static_cast<std::uint64_t>(n); }
constexpr std::uint64_t largest = ~std::uint64_t{0};
constexpr std::uint64_t longest = std::uint64_t{1} << 63; // -9223372036854775808

constexpr int last_refusal = static_cast<int>(refusal::device_error);

std::string sentence(refusal reason, std::uint32_t axis, std::uint64_t value, std::uint64_t limit,
                     const char* place = "") {
  return message(status{reason, axis, value, limit, place}).text;
}

} // namespace

TEST_CASE("integers are written in full") {
  CHECK(text(std::uint64_t{0}) == "0");
  CHECK(text(std::uint64_t{10}) == "10");
  CHECK(text(std::uint64_t{1234567890123456789}) == "1234567890123456789");
  CHECK(text(largest) == "18446744073709551615");
  CHECK(text(std::int64_t{0}) == "0");
  CHECK(text(std::int64_t{-1}) == "-1");
  CHECK(text(std::int64_t{-1234567890123456789}) == "-1234567890123456789");
  CHECK(text(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("floating-point numbers are written with six digits at most") {
  CHECK(text(0.0) == "0");
  CHECK(text(-0.0) == "-0");
  CHECK(text(1.0) == "1");
  CHECK(text(-1.0) == "-1");
  CHECK(text(0.5) == "0.5");
  CHECK(text(1.5) == "1.5");
  CHECK(text(0.1) == "0.1");
  CHECK(text(0.05) == "0.05");
  CHECK(text(-0.25) == "-0.25");
  CHECK(text(1.0000001) == "1");
  CHECK(text(1.00001) == "1.00001");
  CHECK(text(3.14159265) == "3.14159");
  CHECK(text(100.0) == "100");
  CHECK(text(123.456) == "123.456");
  CHECK(text(0.0001) == "0.0001");
  CHECK(text(0.00012345678) == "0.000123457");
  CHECK(text(0.00001) == "1e-5");
  CHECK(text(1e-12) == "1e-12");
  CHECK(text(-1e-7) == "-1e-7");
  CHECK(text(-1.25e-7) == "-1.25e-7");
  CHECK(text(999999.0) == "999999");
  CHECK(text(999999.5) == "1000000"); // rounding adds a digit
  CHECK(text(0.9999999) == "1");
  CHECK(text(0.00009999999) == "0.0001");
  CHECK(text(1e8) == "100000000");
  CHECK(text(123456789.0) == "123457000");
  CHECK(text(1e9) == "1e+9");
  CHECK(text(1e300) == "1e+300");
  CHECK(text(std::numeric_limits<double>::max()) == "1.79769e+308");
  CHECK(text(std::numeric_limits<double>::min()) == "2.22507e-308");
  CHECK(text(std::numeric_limits<double>::denorm_min()) == "4.94066e-324");
  CHECK(text(-std::numeric_limits<double>::denorm_min()) == "-4.94066e-324");
  CHECK(text(std::numeric_limits<double>::infinity()) == "infinity");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "-infinity");
  CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(text(-std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("floating-point numbers of any size are written within half a unit of the sixth digit") {
  chance::numbers any(130);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double d = bitfault::detail::bit_cast<double>(any.next() & 0x7FFFFFFFFFFFFFFF);
    if (!std::isfinite(d) || d == 0)
      continue;
    message_text m;
    m << d;
    // 5e-6 for the sixth digit, 1e-12 for the scaling by tens.
    const double read = std::strtod(m.text, nullptr);
    const bool subnormal = d < std::numeric_limits<double>::min();
    wrong += !(std::abs(read - d) <= d * 5.000001e-6 + (subnormal ? 5e-324 : 0));
  }
  CHECK(wrong == 0);
}

TEST_CASE("every refusal has a sentence of its own that names its numbers") {
  CHECK(message(status{}).text == std::string("bitfault: no error"));
  CHECK(sentence(refusal::too_many_faults, 0, 101, 100, "exactly") ==
        "bitfault: exactly: 101 faults asked for, but the space has only 100 sites");
  CHECK(sentence(refusal::rate_not_a_probability, 0, bits(1.5), 1, "rate::per_bit") ==
        "bitfault: rate::per_bit: 1.5 is not a probability; it must lie in [0, 1]");
  CHECK(sentence(refusal::fraction_not_a_probability, 0, bits(std::nan("")), 1, "fraction") ==
        "bitfault: fraction: NaN is not a probability; it must lie in [0, 1]");
  CHECK(sentence(refusal::intermittency_not_a_probability, 0, bits(-0.5), 1, "intermittent") ==
        "bitfault: intermittent: -0.5 is not a probability; it must lie in [0, 1]");
  CHECK(sentence(refusal::bit_outside_word, 32, 32, 32, "bits::given") ==
        "bitfault: bits::given: bit 32 is outside a word of 32 bits");
  CHECK(sentence(refusal::bit_range_reversed, 0, 5, 4, "bits::range") ==
        "bitfault: bits::range: the bit range ends at 4, below its first bit 5");
  CHECK(sentence(refusal::window_wider_than_word, 0, 9, 8, "bits::adjacent") ==
        "bitfault: bits::adjacent: a window of 9 bits does not fit into a word of 8 bits (and must "
        "have at least one)");
  CHECK(sentence(refusal::no_bits_given, 0, 0, 0) ==
        "bitfault: no bits given; a fault needs at least one bit");
  CHECK(sentence(refusal::coordinate_outside, 1, 7, 5, "region") ==
        "bitfault: region: coordinate 7 on axis 1 is outside its extent 5");
  CHECK(sentence(refusal::element_outside, 2, 100, 99, "at") ==
        "bitfault: at: element 100 (entry 2 of the list) is outside the tensor of 99 elements");
  CHECK(sentence(refusal::element_not_in_region, 2, 50, 8, "at") ==
        "bitfault: at: element 50 (entry 2 of the list) is not in the region of 8 elements");
  CHECK(sentence(refusal::axis_outside, 3, 3, 2, "line") ==
        "bitfault: line: axis 3 does not exist in a tensor of rank 2");
  CHECK(sentence(refusal::wrong_number_of_coordinates, 0, 4, 3, "region") ==
        "bitfault: region: 4 coordinates or ranges given for a tensor of rank 3");
  CHECK(sentence(refusal::range_reversed, 1, 3, 2, "region") ==
        "bitfault: region: the range on axis 1 begins at 3 and ends at 2; it must not be reversed "
        "and its step must not be 0");
  CHECK(sentence(refusal::list_not_sorted, 1, 2, 3, "elements") ==
        "bitfault: elements: entry 1 (element 2) does not come after element 3; the list must be "
        "sorted without repeats");
  CHECK(sentence(refusal::extents_differ, 2, 12, 10, "apply") ==
        "bitfault: apply: axis 2 of the tensor has size 12; the faults are for a tensor with size "
        "10 there");
  CHECK(sentence(refusal::rank_differs, 0, 3, 4, "apply") ==
        "bitfault: apply: the tensor has rank 3; the faults are for a tensor of rank 4");
  CHECK(sentence(refusal::device_error, 0, 17, 0, "cudaErrorInvalidDevicePointer") ==
        "bitfault: cudaErrorInvalidDevicePointer: the call to the device failed with error 17");
  CHECK(sentence(refusal::space_too_large, 0, 0, 62, "bind") ==
        "bitfault: bind: the site space has more than 2^62 sites; it cannot be counted here");
  CHECK(sentence(refusal::scratch_too_small, 0, 3, 4, "scoped") ==
        "bitfault: scoped: scratch of 3 words given, 4 needed");
  CHECK(sentence(refusal::several_masks, 0, 32, 1, "every") ==
        "bitfault: every: every{} needs one mask per element, but the mask family has 32; use "
        "bits::all, bits::as_one or a single given bit");
  CHECK(sentence(refusal::list_too_short, 0, 3, 5, "values") ==
        "bitfault: values: a list of 3 entries given for 5 events");
  CHECK(sentence(refusal::bad_parameter, 0, bits(0.0), 0, "burst") ==
        "bitfault: burst: 0 is not allowed here");
  CHECK(sentence(refusal::null_data, 0, 7, 0, "apply") ==
        "bitfault: apply: the data pointer is null, but the tensor has 7 elements");
  CHECK(sentence(refusal::wrong_type, 0, 2032, 8, "view_as(DLTensor)") ==
        "bitfault: view_as(DLTensor): the tensor's elements are float32; int8 is needed here");
  CHECK(sentence(refusal::unsupported_layout, 0, 2, 1, "from_dlpack") ==
        "bitfault: from_dlpack: the memory layout cannot be viewed (value 2, limit 1)");
  CHECK(sentence(refusal::log_too_small, 0, 3, 4, "record_to") ==
        "bitfault: record_to: a log of 3 records given, 4 needed");
  CHECK(sentence(refusal::negative_size, 1, negative(-3), 0, "bind") ==
        "bitfault: bind: axis 1 has size -3; a size must not be negative");
  CHECK(
      sentence(refusal::nothing_applied, 0, 0, 0, "fault list: restore") ==
      "bitfault: fault list: restore: there is nothing to take back: this list was not applied to "
      "this memory, or was restored already");
  CHECK(sentence(refusal::wrong_device, 0, 2, 1, "DLTensor") ==
        "bitfault: DLTensor: the data is in the memory of device type 2; type 1 is needed here");
}

TEST_CASE("a negative number that was given is shown as it is") {
  CHECK(sentence(refusal::too_many_faults, 0, negative(-5), 100, "exactly") ==
        "bitfault: exactly: -5 faults asked for, but the space has only 100 sites");
  CHECK(
      sentence(refusal::range_reversed, 1, negative(-4), negative(-2), "region") ==
      "bitfault: region: the range on axis 1 begins at -4 and ends at -2; it must not be reversed "
      "and its step must not be 0");
  CHECK(sentence(refusal::extents_differ, 0, negative(-12), 10, "apply") ==
        "bitfault: apply: axis 0 of the tensor has size -12; the faults are for a tensor with size "
        "10 there");
}

TEST_CASE("element types are named, those that the library does not know too") {
  const auto types = [](std::uint64_t given, std::uint64_t needed) {
    return std::string(message(status{refusal::wrong_type, 0, given, needed, ""}).text)
        .substr(std::string("bitfault: the tensor's elements are ").size());
  };
  CHECK(types(1016, 6008) == "uint16; bool is needed here");
  CHECK(types(4016, 2016) == "bfloat16; float16 is needed here");
  CHECK(types(3032, 64) == "bits32; int64 is needed here");
  CHECK(types(3008, 3008) == "bits8; another type is needed here");
  CHECK(types(5064, 2064) == "complex64; float64 is needed here");
  CHECK(types(4002032, 2032) == "float32 in 4 lanes; float32 is needed here");
  CHECK(types(10008, 2032) == "of DLPack's type 10 with 8 bits; float32 is needed here");
}

TEST_CASE("no refusal is without a sentence, and the longest numbers do not cut one") {
  std::set<std::string> sentences;
  for (int i = 0; i <= last_refusal; ++i) {
    const message_text m =
        message(status{static_cast<refusal>(i), ~0u, i >= 2 && i <= 4 ? bits(-1e-300) : longest,
                       longest, "place"});
    CAPTURE(i, m.text);
    CHECK(m.length >= 25);
    CHECK(m.length < message_text::capacity - 1);
    if (i < 2 || i > 4) // the three probabilities share one
      CHECK(sentences.insert(m.text).second);
  }
}

TEST_CASE("a text that is too long is cut and still ends") {
  const std::string long_place(500, 'x');
  const message_text m = message(status{refusal::null_data, 0, 1, 0, long_place.c_str()});
  CHECK(m.length == message_text::capacity - 1);
  CHECK(std::string(m.text) == "bitfault: " + std::string(message_text::capacity - 11, 'x'));
}

TEST_CASE("messages can be made at compile time") {
  constexpr message_text m = message(status{refusal::axis_outside, 3, 3, 2, "line"});
  STATIC_REQUIRE(m.text[10] == 'l');
  STATIC_REQUIRE(m.length == 59);
}

TEST_CASE("a number just above 1 is not printed as 1") {
  using namespace bitfault;
  const auto text = [](double p) {
    return std::string(message({refusal::rate_not_a_probability, 0,
                                bitfault::detail::bit_cast<std::uint64_t>(p), 1, "rate"})
                           .text);
  };
  CHECK(text(1 + 0x1p-52) ==
        "bitfault: rate: 1 + 2.22045e-16 is not a probability; it must lie in [0, 1]");
  CHECK(text(1.5) == "bitfault: rate: 1.5 is not a probability; it must lie in [0, 1]");
}
