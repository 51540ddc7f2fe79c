// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/campaign/configuration_text.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;

bool same_model(const configuration& a, const configuration& b) { return *a.model == *b.model; }

/// Every form of every part, and numbers that are hard to write.
std::vector<experiment> many_experiments() {
  std::vector<experiment> all;
  const auto add = [&]() -> experiment& {
    experiment& e = all.emplace_back();
    e.name = "e" + std::to_string(all.size());
    e.trials = 7;
    return e;
  };
  for (std::size_t i = 0; i < detail::fault_names.size(); ++i) {
    experiment& e = add();
    e.fault.which = static_cast<fault_description::kind>(i);
    if (detail::numbers_of(e.fault.which) > 0)
      e.fault.a = 0.1;
    if (detail::numbers_of(e.fault.which) > 1)
      e.fault.b = 1.0 / 3;
    if (e.fault.which == fault_description::kind::quantized_flip)
      e.fault.a = 8;
    if (sets_value(e.fault.which))
      e.fault.bits.which = mask_family::kind::all;
  }
  add().fault.bits = {mask_family::kind::given, {31, 0, 63}, 2};
  for (const auto which : {mask_family::kind::sign, mask_family::kind::exponent,
                           mask_family::kind::mantissa, mask_family::kind::all})
    add().fault.bits.which = which;
  add().fault.bits = {mask_family::kind::adjacent, {}, 4};
  for (const auto which : {fault_amount::kind::fraction, fault_amount::kind::per_bit,
                           fault_amount::kind::per_element, fault_amount::kind::per_target})
    add().amount = {which, 1, 1e-300};
  add().amount = {fault_amount::kind::exactly, 123456789012, 0};
  experiment& e = add();
  e.name = "quote \" backslash \\ tab \t line\n bell \a \x7f \xC3\xA9";
  e.targets = {"a\"b", "@biases"};
  e.trials = 0;
  e.all_inputs = true;
  e.tau = 4294967295;
  e.stop = stop_rule{1e-5, 0.999};
  for (const strata_kind kind : {strata_kind::targets, strata_kind::targets_and_bits})
    add().strata = kind;
  add().strata = strata_kind::targets;
  all.back().allocation = allocation_kind::proportional;
  add().plan = sample_plan{0.02, 0.99, 0.1};
  all.back().trials = 0;
  return all;
}

} // namespace

TEST_CASE("a configuration that is written and read is the same one") {
  configuration c = read_configuration("[model]\nkind = 'demo'\nrate = 0.1\nn = -5\nyes = true\n"
                                       "list = [1, [2.5, 'x']]\ninside = {'a b' = 1}\n"
                                       "deeper.still = 'y'\nday = 2020-02-03T04:05:06Z\n"
                                       "'odd key' = inf\n");
  c.settings.name = "a\\b";
  c.settings.seed = std::numeric_limits<std::uint64_t>::max();
  c.settings.criteria = {sdc_5(), sdc_1()};
  c.settings.headline = "sdc_5";
  c.settings.monitors = {"x", "y*"};
  c.settings.declared_dead = {"z"};
  c.settings.golden_repeats = 3;
  c.settings.output_check = true;
  c.settings.threads = 5;
  c.settings.cache_bytes = std::numeric_limits<std::uint64_t>::max();
  c.settings.start_at_fault = false;
  c.settings.isolate = true;
  c.settings.time_limit = 0.1;
  c.output = {"a b.sqlite", ""};
  c.experiments = many_experiments();

  const std::string text = to_toml(c);
  const configuration again = read_configuration(text);
  CHECK(to_toml(again) == text);
  CHECK(again.experiments == c.experiments);
  CHECK(same_model(again, c));
  CHECK(again.output == c.output);
  CHECK(again.settings.name == c.settings.name);
  CHECK(again.settings.seed == c.settings.seed);
  CHECK(again.settings.criteria.size() == 2);
  CHECK(again.settings.criteria[0].name == "sdc_5");
  CHECK(again.settings.headline == c.settings.headline);
  CHECK(again.settings.monitors == c.settings.monitors);
  CHECK(again.settings.declared_dead == c.settings.declared_dead);
  CHECK(again.settings.golden_repeats == 3);
  CHECK(again.settings.output_check);
  CHECK(again.settings.threads == 5);
  CHECK(again.settings.cache_bytes == c.settings.cache_bytes);
  CHECK_FALSE(again.settings.start_at_fault);
  CHECK(again.settings.stop_if_masked);
  CHECK(again.settings.share_batches);
  CHECK(again.settings.isolate);
  CHECK(again.settings.time_limit == 0.1);
}

TEST_CASE("defaults written and read are defaults") {
  configuration c = read_configuration("");
  CHECK(to_toml(read_configuration(to_toml(c))) == to_toml(c));
}

TEST_CASE("the identity of a campaign does not depend on how fast it is run") {
  const std::string base = "[campaign]\nname = 'n'\n[model]\nkind = 'demo'\nsize = 3\n";
  const std::string text = identity_text(read_configuration(base));
  const auto changed = [&](const std::string& line, const std::string& end = "") {
    std::string other = base;
    other.insert(other.find('\n') + 1, line + "\n");
    return identity_text(read_configuration(other + end)) != text;
  };
  for (const char* line : {"threads = 4", "cache = 0", "shortcuts = []", "isolate = true"})
    CHECK_FALSE(changed(line));
  CHECK_FALSE(changed("", "[output]\nstore = 'other'\n"));
  for (const char* line :
       {"seed = 2", "headline = 'sdc_5'", "monitors = 'a'", "declared_dead = 'a'",
        "criteria = ['sdc_1']", "output_check = true", "time_limit = 3", "golden.repeats = 1"})
    CHECK(changed(line));
  CHECK(changed("", "leak = 0.1\n")); // a key of the model

  // One key a line, and a configuration by itself.
  CHECK(text.find("campaign.seed = 1\n") != std::string::npos);
  CHECK(text.find("model.size = 3\n") != std::string::npos);
  CHECK(identity_text(read_configuration(text)) == text);
}
