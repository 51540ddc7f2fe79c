// SPDX-License-Identifier: MIT
#include <bitfault/campaign/fault_reader.hpp>

#include "catch.hpp"
#include "configuration_problems.hpp"

#include <cmath>
#include <string>

using namespace configuration_tests;

TEST_CASE("faults, bits and amounts have their forms") {
  using fault = fault_description::kind;
  using masks = mask_family::kind;
  using amount = fault_amount::kind;
  const auto fault_of = [](const std::string& text) {
    return experiment_with("fault = " + text).fault;
  };
  CHECK(fault_of("'bit_flip'").which == fault::bit_flip);
  CHECK(fault_of("'stuck_at_0'").which == fault::stuck_at_0);
  CHECK(fault_of("'zero'") == fault_description{fault::zero, 0, 0, {masks::all, {}, 2}});
  CHECK(fault_of("{constant = -3}") ==
        fault_description{fault::constant, -3, 0, {masks::all, {}, 2}});
  CHECK(std::isnan(fault_of("{constant = nan}").a));
  CHECK(fault_of("{scale = 2.0}").a == 2);
  CHECK(fault_of("{random_value = [-1, 1.5]}") ==
        fault_description{fault::random_value, -1, 1.5, {masks::all, {}, 2}});
  CHECK(fault_of("{uniform_noise = [0, 1]}").which == fault::uniform_noise);
  CHECK(fault_of("{quantized_flip = [8, 0.25]}") ==
        fault_description{fault::quantized_flip, 8, 0.25, {}});

  const auto bits_of = [](const std::string& text) {
    return experiment_with("bits = " + text).fault.bits;
  };
  CHECK(bits_of("'any'") == mask_family{});
  CHECK(bits_of("'sign'").which == masks::sign);
  CHECK(bits_of("'exponent'").which == masks::exponent);
  CHECK(bits_of("'mantissa'").which == masks::mantissa);
  CHECK(bits_of("'all'").which == masks::all);
  CHECK(bits_of("30") == mask_family{masks::given, {30}, 2});
  CHECK(bits_of("{adjacent = 3}") == mask_family{masks::adjacent, {}, 3});

  const auto amount_of = [](const std::string& text) {
    return experiment_with("amount = " + text).amount;
  };
  CHECK(amount_of("'single'") == fault_amount{});
  CHECK(amount_of("{exactly = 10}") == fault_amount{amount::exactly, 10, 0});
  CHECK(amount_of("{fraction = 1}") == fault_amount{amount::fraction, 1, 1});
  CHECK(amount_of("{per_bit = 1e-6}") == fault_amount{amount::per_bit, 1, 1e-6});
  CHECK(amount_of("{per_target = 0.5}") == fault_amount{amount::per_target, 1, 0.5});
  CHECK(read("[[experiment]]\nname='e'\ntrials='all'").experiments[0].trials == 0);
}

TEST_CASE("a wrong fault, wrong bits and a wrong amount are reported with their line") {
  CHECK(in_experiment("fault = 'bitflip'") ==
        "line 4: experiment.fault: there is no 'bitflip'; the nearest name is 'bit_flip'");
  CHECK(in_experiment("fault = {quantized_flip = [8.5, 1]}") ==
        "line 4: experiment.fault: quantized_flip takes a whole number of bits from 2 to 32 and a "
        "step above 0, not 8.5 and 1");
  CHECK(in_experiment("fault = {quantized_flip = [33, 1]}").find("from 2 to 32") !=
        std::string::npos);
  CHECK(in_experiment("fault = {quantized_flip = [8, 0]}").find("not 8 and 0") !=
        std::string::npos);
  CHECK(in_experiment("fault = {scale = [1, 2]}") ==
        "line 4: experiment.fault: scale takes 1 numbers, 2 given");
  CHECK(in_experiment("fault = 'scale'") ==
        "line 4: experiment.fault: scale takes 1 numbers, 0 given");
  CHECK(in_experiment("fault = {scale = 'a'}") ==
        "line 4: experiment.fault: expected one number or a list of two, found the text \"a\"");
  CHECK(in_experiment("fault = {scale = inf}") ==
        "line 4: experiment.fault: scale: its numbers have to be finite");
  CHECK(in_experiment("fault = {random_value = [1, 1]}") ==
        "line 4: experiment.fault: random_value: the range from 1 to 1 is empty");
  CHECK(in_experiment("fault = {normal_noise = [0, -1]}") ==
        "line 4: experiment.fault: normal_noise: the standard deviation -1 is negative");
  CHECK(in_experiment("fault = {scale = 1, zero = 2}") ==
        "line 4: experiment.fault: this table takes one key, and has 2");
  CHECK(in_experiment("bits = 'exponents'") ==
        "line 4: experiment.bits: there is no 'exponents'; the nearest name is 'exponent'");
  CHECK(in_experiment("bits = [3, 64]") ==
        "line 4: experiment.bits: expected the number of a bit from 0 to 63, found the number 64");
  CHECK(in_experiment("bits = [3, 3]") == "line 4: experiment.bits: bit 3 is given twice");
  CHECK(in_experiment("bits = []") == "line 4: experiment.bits: the list has no bits in it");
  CHECK(in_experiment("bits = {adjacent = 0}") ==
        "line 4: experiment.bits: expected a number of neighbouring bits from 1 to 64, found the "
        "number 0");
  CHECK(in_experiment("bits = {neighbours = 2}") ==
        "line 4: experiment.bits: there is no 'neighbours'; the nearest name is 'adjacent'");
  CHECK(in_experiment("amount = {per_bits = 0.1}") ==
        "line 4: experiment.amount: there is no 'per_bits'; the nearest name is 'per_bit'");
  CHECK(in_experiment("amount = {per_bit = 1.5}") ==
        "line 4: experiment.amount: expected a number from 0 to 1, found the number 1.5");
  CHECK(in_experiment("amount = {per_bit = nan}") ==
        "line 4: experiment.amount: expected a number from 0 to 1, found the number nan");
  CHECK(in_experiment("amount = {exactly = 1.5}") ==
        "line 4: experiment.amount: expected a whole number of faults, found the number 1.5");
  CHECK(in_experiment("amount = {per_bit = []}") ==
        "line 4: experiment.amount: the list has no numbers in it");
}
