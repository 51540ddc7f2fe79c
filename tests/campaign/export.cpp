// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/campaign/database.hpp>
#include <bitfault/campaign/export.hpp>

#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace campaign_tests;
using bitfault::file_error;

namespace {

std::string table(const store& s, csv_table which) {
  std::ostringstream out;
  export_csv(s, which, out);
  return out.str();
}

} // namespace

TEST_CASE("exported tables read as they are documented") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  store s = store::open(folder.path / "campaign.db", d);
  trial_record t;
  t.number = 7;
  t.first_input = 3;
  t.inputs = 6;
  t.outcomes = {0, 0, 0, 1, 2, 2, 0};
  t.outcomes_golden_correct = {0, 0, 0, 1, 1, 1, 0};
  t.answered_correctly = 2;
  t.set_aside = 1;
  t.outcomes_by_input = "msn-st";
  t.activated = true;
  t.criteria = {2, -0.25, 0};
  t.faults = {{0, {47, 1U << 30U, 0, bitfault::fault_action::flip}, 0x3F800000, 0x7F800000},
              {2,
               {0, ~std::uint64_t{0}, 0x8000000000000000, bitfault::fault_action::write},
               1,
               0x8000000000000000}};
  monitor_record m;
  m.layer = 1;
  m.golden = {-0.0, 1.5, 0.1, 2, 3, 0};
  m.faulty = {-std::numeric_limits<double>::infinity(), 1e300, 0, 2, 3, 4};
  m.rmse = 0.5;
  t.monitors = {m};
  s.add(0, std::vector<trial_record>{t});
  s.set_golden(synthetic_golden());
  CHECK(table(s, csv_table::trials) ==
        "experiment,number,first_input,inputs,crash,hang,detected,non_finite,masked,sdc,tolerable,"
        "golden_correct_crash,golden_correct_hang,golden_correct_detected,golden_correct_non_"
        "finite,golden_correct_masked,golden_correct_sdc,"
        "golden_correct_tolerable,answered_correctly,set_aside,outcomes_by_input,activated,"
        "corrected,unlisted_faults,sdc_1,margin_loss,never\n"
        "0,7,3,6,0,0,0,1,2,2,0,0,0,0,1,1,1,0,2,1,msn-st,1,0,0,2,-0.25,0\n");
  CHECK(table(s, csv_table::faults) ==
        "experiment,trial,number,target,element,action,mask,value,before,after,address\n"
        "0,7,0,conv1.weight,47,flip,0x40000000,0x0,0x3f800000,0x7f800000,"
        "\"bf1:conv1.weight[3,2,1,1]^30\"\n"
        "0,7,1,scale,0,write,0xffffffffffffffff,0x8000000000000000,0x1,0x8000000000000000,"
        "bf1:scale[]:=0x8000000000000000\n");
  CHECK(table(s, csv_table::monitors) ==
        "experiment,trial,number,layer,golden_minimum,golden_maximum,golden_mean,golden_deviation,"
        "golden_geometric_mean,golden_nan_count,faulty_minimum,faulty_maximum,faulty_mean,"
        "faulty_deviation,faulty_geometric_mean,faulty_nan_count,rmse,mae,share_equal\n"
        "0,7,0,1,-0,1.5,0.1,2,3,0,-inf,1e+300,0,2,3,4,0.5,0,0\n");
  CHECK(has(table(s, csv_table::targets), "1,\"gate[0],state\",state,int8,8,100,100,1\n"));
  CHECK(has(table(s, csv_table::targets), "0,conv1.weight,weight,float32,32,4 3 2 2,48,0\n"));
  CHECK(has(table(s, csv_table::campaign), "name,\"a \"\"name\"\", with a comma\"\n"));
  CHECK(has(table(s, csv_table::campaign), "seed,18446744073709551612\n"));
  CHECK(has(table(s, csv_table::campaign), "output_check,0\ncriterion sdc_1,flag\n"
                                           "criterion margin_loss,number\n"));
  CHECK(has(table(s, csv_table::golden), "\n3,3,,0\n4,,8,0\n5,5,5,1\n"));
  CHECK(has(table(s, csv_table::experiments),
            "\n1,\"noise, everywhere\",@activations,normal_noise,-0,0.25,given,0 7 31,3,"
            "per_element,1,0.1,0,0.05,0.99,0.5,1,3,,,100,10,noise,\n"));
  CHECK(has(table(s, csv_table::experiment_targets), "0,conv1.weight,1536\n"));
}

TEST_CASE("what is exported does not depend on the order in which trials came") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  const std::string expected = undisturbed(d);
  store s = store::open(folder.path / "campaign.db", d);
  for (std::uint64_t begin = 180;; begin -= 20) {
    s.add(0, synthetic_trials(d, 0, {begin, begin + 20}));
    if (begin == 0)
      break;
  }
  s.record_death(0, 3, outcome::crash);
  s.set_golden(synthetic_golden());
  CHECK(exported(s) != expected);
  complete(s, 1);
  CHECK(exported(s) == expected);
}

TEST_CASE("the view fault_address and the exported addresses are the library's") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description(2000);
  {
    store s = store::open(path, d);
    complete(s, 1000);
  }
  const store s = store::read(path);
  const detail::database db(path, detail::open_mode::read);
  detail::statement row(db,
                        "SELECT trial, number, address, before_hex, after_hex, target"
                        " FROM fault_address WHERE experiment = ? ORDER BY trial, number",
                        "reading");
  std::size_t compared = 0;
  for (std::size_t e = 0; e < 2; ++e) {
    row.bind_all(std::uint64_t{e});
    bool equal = true;
    s.for_each_trial(e, [&](const trial_record& t) {
      for (std::size_t i = 0; i < t.faults.size(); ++i, ++compared) {
        const injected_fault& f = t.faults[i];
        const bool there = row.step();
        const auto a = bitfault::parse_address(row.text(2));
        // Read back, it is the fault that was injected.
        bitfault::fault_list_header h;
        h.extents = d.targets[f.target].extents;
        h.word_bits = d.targets[f.target].word_bits;
        equal = equal && there && row.text(2) == address_of(d, f) &&
                bitfault::to_fault(a, h) == f.fault && a.tensor == d.targets[f.target].name &&
                row.text(3) == bitfault::detail::hexadecimal(f.before) &&
                row.text(4) == bitfault::detail::hexadecimal(f.after) && row.text(5) == a.tensor &&
                row.word(0) == t.number && row.word(1) == i;
      }
    });
    CHECK(equal);
    CHECK_FALSE(row.step());
  }
  CHECK(compared > 3000);
}

TEST_CASE("the views count what the trials say") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description(600);
  {
    store s = store::open(path, d);
    s.set_golden(synthetic_golden());
    complete(s);
  }
  // Counted again by hand.
  struct counts {
    std::uint64_t trials = 0, inputs = 0, sdc = 0, critical = 0;
    bool operator==(const counts&) const = default;
  };
  const auto count = [](counts& c, const trial_record& t, std::uint32_t tau) {
    ++c.trials;
    c.inputs += t.inputs;
    c.sdc += t.outcomes[static_cast<std::size_t>(outcome::sdc)];
    c.critical += t.outcomes[static_cast<std::size_t>(outcome::sdc)] >= tau ? 1 : 0;
  };
  const store s = store::read(path);
  std::map<std::string, counts> all, by_target, by_bit, by_input;
  for (std::size_t e = 0; e < 2; ++e)
    s.for_each_trial(e, [&](const trial_record& t) {
      const std::string before = std::to_string(e) + " ";
      const std::uint32_t tau = d.experiments[e].asked.tau;
      count(all[before], t, tau);
      for (std::uint32_t i = 0; i < t.inputs; ++i) {
        counts& c = by_input[before + std::to_string(t.first_input + i)];
        ++c.trials;
        c.sdc += t.outcomes_by_input[i] == 's' ? 1 : 0;
      }
      if (t.faults.size() != 1)
        return;
      const injected_fault& f = t.faults[0];
      const stored_target& target = d.targets[f.target];
      count(by_target[before + target.name], t, tau);
      if (bitfault::detail::popcount(f.fault.mask) == 1)
        count(by_bit[before + target.element_type + " " +
                     std::to_string(bitfault::detail::count_trailing_zeros(f.fault.mask))],
              t, tau);
    });
  const detail::database db(path, detail::open_mode::read);
  const auto view = [&](const char* sql) {
    std::map<std::string, counts> found;
    detail::statement row(db, sql, "reading");
    while (row.step())
      found[row.text(0)] = {row.word(1), row.word(2), row.word(3), row.word(4)};
    return found;
  };
  CHECK(view("SELECT experiment || ' ', trials, inputs, sdc, critical_trials FROM outcome_total") ==
        all);
  CHECK(view("SELECT experiment || ' ' || target, trials, inputs, sdc, critical_trials"
             " FROM sdc_by_target") == by_target);
  CHECK(view("SELECT experiment || ' ' || element_type || ' ' || bit, trials, inputs, sdc,"
             " critical_trials FROM sdc_by_bit") == by_bit);
  CHECK(view("SELECT experiment || ' ' || input, trials, 0, sdc, 0 FROM sdc_by_input") == by_input);
}

TEST_CASE("a folder gets one file for each table, whole or not at all") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  store s = store::open(folder.path / "campaign.db", d);
  complete(s);
  const auto out = folder.path / "a" / "tables";
  export_csv(s, out);
  export_csv(s, out);
  std::size_t files = 0;
  std::string all;
  for (const auto name : csv_table_names)
    all += "== " + std::string(name) + "\n" + file_content(out / (std::string(name) + ".csv"));
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(out))
    ++files;
  CHECK(all == exported(s));
  CHECK(files == csv_table_names.size());
  write_content(folder.path / "file", "x");
  CHECK(has(thrown<file_error>([&] { export_csv(s, folder.path / "file"); }),
            "file: the folder cannot be made"));
  std::ostringstream closed;
  closed.setstate(std::ios::badbit);
  CHECK(has(thrown<file_error>([&] { export_csv(s, csv_table::trials, closed, "pipe"); }),
            "pipe: writing failed"));
}
