// SPDX-License-Identifier: MIT
#include <bitfault/campaign/audit.hpp>

#include "audited.hpp"
#include "catch.hpp"

#include <string>

namespace {

using namespace bitfault::campaign;

/// 2 % of 50,000 sites, in a heap at one end: what permutes badly would show.
truth heap() {
  truth t(50000, {"sdc_1"});
  for (std::uint64_t i = 0; i < 1000; ++i)
    t.set(0, i);
  return t;
}

} // namespace

// False alarms: each comparison is with a 99 % interval of 2000 campaigns, one-sided, so that a
// method that just keeps its promise fails with a chance below 0.5 %. The seed is fixed.
TEST_CASE("the library's intervals cover what they promise, and practice that peeks does not") {
  audit_options o;
  o.campaigns = 2000;
  o.trials = 500;
  o.half_width = 0.02;
  const auto all = audit(heap(), 0, o);
  CHECK(all.size() == 11);
  for (const char* name : {"fixed n, Clopper-Pearson", "until narrow, anytime-valid",
                           "at every look, anytime-valid"}) {
    INFO(name);
    CHECK(named(all, name).coverage.upper >= 0.95);
    CHECK(named(all, name).share() >= 0.94);
  }
  CHECK(named(all, "at every look, Wilson").coverage.upper < 0.8);
  CHECK(named(all, "until narrow, with replacement, normal").coverage.upper < 0.95);
  CHECK(named(all, "fixed n, with replacement, normal").coverage.upper < 0.95);
  for (const audited_method& m : all) {
    CHECK(m.mean_half_width > 0.002);
    CHECK(m.mean_half_width < 0.05);
    CHECK(m.covered <= m.campaigns);
  }
}

TEST_CASE("an audit is reproducible, and another seed gives another one") {
  audit_options o;
  o.campaigns = 200;
  o.trials = 200;
  const auto a = audit(heap(), 0, o), b = audit(heap(), 0, o);
  o.seed = 2;
  const auto c = audit(heap(), 0, o);
  bool differs = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].covered == b[i].covered);
    CHECK(a[i].mean_half_width == b[i].mean_half_width);
    differs = differs || a[i].mean_half_width != c[i].mean_half_width;
  }
  CHECK(differs);
}

TEST_CASE("a space that is tried whole is known exactly") {
  truth small(64, {"sdc_1"});
  for (std::uint64_t i = 0; i < 9; ++i)
    small.set(0, i * 7);
  audit_options o;
  o.campaigns = 50;
  o.trials = 1000; // more than there are
  const auto all = audit(small, 0, o);
  CHECK(named(all, "fixed n, Clopper-Pearson").covered == 50);
  CHECK(named(all, "fixed n, Clopper-Pearson").mean_half_width == 0);
}

TEST_CASE("the table says what is too often wrong") {
  audit_options o;
  o.campaigns = 500;
  o.trials = 300;
  const truth t = heap();
  const std::string text = audit_table(t, 0, audit(t, 0, o));
  CHECK(text.find("sdc_1: 1,000 of 50,000 faults, 2.00 %; 500 campaigns by each method") == 0);
  CHECK(text.find("too often wrong") != std::string::npos);
}
