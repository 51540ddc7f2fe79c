// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/tensors.hpp"

#include <bitfault/campaign/export.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/random/philox.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

/// Campaigns that nobody ran: what the tests of the store need.
namespace campaign_tests {

using namespace bitfault::campaign;
using fault_list_tests::has;
using fault_list_tests::temporary_folder;
using fault_list_tests::thrown;

inline campaign_description synthetic_description(std::uint64_t trials = 200) {
  campaign_description d;
  d.identity = {"a \"name\", with a comma",
                ~std::uint64_t{0} - 3,
                library_version_text(),
                bitfault::draw_version,
                compiler_text(),
                "synthetic",
                0xDEADBEEF,
                16,
                8,
                "sdc_1",
                false,
                "campaign.seed = 7\nfault = \"bit_flip\"\nfault.bits = \"any\"\n"};
  d.targets = {{"conv1.weight", target_kind::weight, "float32", 32, {4, 3, 2, 2}, 0},
               {"gate[0],state", target_kind::state, "int8", 8, {100}, 1},
               {"scale", target_kind::bias, "float64", 64, {}, 2},
               {"input", target_kind::input, "bits16", 16, {2, 5}, 0},
               {"fc", target_kind::activation, "float32", 32, {10}, 1}};
  d.criteria = {{"sdc_1"}, {"margin_loss", false}, {"never"}};
  stored_experiment one;
  one.asked.name = "weights";
  one.asked.targets = {"@weights", "gate*"};
  one.asked.trials = trials;
  one.asked.stop = stop_rule{0.01, 0.95};
  one.planned = trials;
  one.sites = 4 * 3 * 2 * 2 * 32 + 800;
  one.targets = {{0, 1536}, {1, 800}};
  stored_experiment two;
  two.asked.name = "noise, everywhere";
  two.asked.targets = {"@activations"};
  two.asked.fault = {fault_description::kind::normal_noise, -0.0, 0.25, {}};
  two.asked.fault.bits = {mask_family::kind::given, {0, 7, 31}, 3};
  two.asked.amount = {fault_amount::kind::per_element, 1, 0.1};
  two.asked.plan = sample_plan{0.05, 0.99, 0.5};
  two.asked.all_inputs = true;
  two.asked.tau = 3;
  two.asked.stratum_of = "noise";
  two.planned = trials / 2;
  two.sites = 10;
  two.targets = {{4, 10}};
  d.experiments = {one, two};
  return d;
}

inline golden_summary synthetic_golden() {
  golden_summary g;
  g.outputs_checksum = 0xFFFFFFFF;
  g.repeats = 3;
  for (std::uint32_t i = 0; i < 16; ++i)
    g.inputs.push_back({i % 10, (i * 7) % 10, i == 5});
  g.inputs[3].label.reset();
  g.inputs[4].answer.reset();
  return g;
}

/// Numbers that depend on a trial alone.
class numbers_of_a_trial {
public:
  numbers_of_a_trial(std::size_t experiment, std::uint64_t trial)
      : experiment_(static_cast<std::uint32_t>(experiment)), trial_(trial) {}
  std::uint64_t word() {
    const auto b = bitfault::philox(
        {{static_cast<std::uint32_t>(trial_), static_cast<std::uint32_t>(trial_ >> 32U)}},
        {{experiment_, next_++, 77, 0}});
    return b.word[0] | (std::uint64_t{b.word[1]} << 32U);
  }
  std::uint64_t below(std::uint64_t limit) { return word() % limit; }
  std::uint32_t small(std::uint32_t limit) { return static_cast<std::uint32_t>(below(limit)); }
  /// Any double, often a special one. One kind of NaN only.
  double real() {
    constexpr double specials[] = {0.0,
                                   -0.0,
                                   1.0,
                                   -3.0,
                                   9007199254740993.0,
                                   std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::denorm_min()};
    const std::uint64_t which = below(12);
    if (which < 8)
      return specials[which];
    if (which == 8)
      return std::numeric_limits<double>::quiet_NaN();
    const auto any = std::bit_cast<double>(word());
    return std::isnan(any) ? std::numeric_limits<double>::quiet_NaN() : any;
  }

private:
  std::uint32_t experiment_;
  std::uint64_t trial_;
  std::uint32_t next_ = 0;
};

inline injected_fault synthetic_fault(const campaign_description& d, numbers_of_a_trial& from) {
  injected_fault f;
  f.target = from.small(static_cast<std::uint32_t>(d.targets.size()));
  const stored_target& t = d.targets[f.target];
  std::uint64_t elements = 1;
  for (const std::uint64_t n : t.extents)
    elements *= n;
  const std::uint64_t all = bitfault::detail::low_bits(t.word_bits);
  f.fault.element = from.below(elements);
  f.fault.action = static_cast<bitfault::fault_action>(from.below(4));
  const std::uint64_t kind = from.below(4);
  f.fault.mask = kind == 0   ? all
                 : kind == 1 ? (from.word() & all) | 1U
                             : std::uint64_t{1} << from.below(t.word_bits);
  if (f.fault.action == bitfault::fault_action::write)
    f.fault.value = from.word() & f.fault.mask;
  f.before = from.word() & all;
  f.after = bitfault::faulty_word(f.fault, f.before);
  return f;
}

inline trial_record synthetic_trial(const campaign_description& d, std::size_t experiment,
                                    std::uint64_t number) {
  numbers_of_a_trial from(experiment, number);
  trial_record t;
  t.number = number;
  t.first_input = from.below(10);
  t.inputs = 6;
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t o = from.small(outcome_count);
    ++t.outcomes[o];
    t.outcomes_by_input += outcome_letters[o];
    t.outcomes_golden_correct[o] += from.small(2);
  }
  t.answered_correctly = from.small(6);
  t.set_aside = 1;
  t.outcomes_by_input += set_aside_letter;
  t.activated = from.below(4) != 0;
  t.corrected = from.below(8) == 0;
  t.criteria = {static_cast<double>(from.below(3)), from.real(), 0.0};
  const std::uint64_t faults = experiment == 0 ? 1 : from.below(4);
  for (std::uint64_t i = 0; i < faults; ++i)
    t.faults.push_back(synthetic_fault(d, from));
  t.unlisted_faults = experiment == 0 ? 0 : from.below(3);
  for (std::uint64_t i = from.below(experiment + 1); i > 0; --i) {
    monitor_record m;
    m.layer = 1;
    for (tensor_statistics* s : {&m.golden, &m.faulty}) {
      *s = {from.real(), from.real(), from.real(), from.real(), from.real(), from.below(1000)};
    }
    m.rmse = from.real();
    m.mae = from.real();
    m.share_equal = from.real();
    t.monitors.push_back(m);
  }
  return t;
}

inline std::vector<trial_record> synthetic_trials(const campaign_description& d,
                                                  std::size_t experiment, trial_range range) {
  std::vector<trial_record> list;
  for (std::uint64_t n = range.begin; n < range.end; ++n)
    list.push_back(synthetic_trial(d, experiment, n));
  return list;
}

/// Every bit of a trial, as text. NaN is not equal to itself, its bits are.
inline std::string bits_of(const trial_record& t) {
  std::ostringstream out;
  const auto real = [&](double x) { out << std::bit_cast<std::uint64_t>(x) << ' '; };
  out << t.number << ' ' << t.first_input << ' ' << t.inputs << ' ' << t.answered_correctly << ' '
      << t.set_aside << ' ' << t.activated << t.corrected << ' ' << t.unlisted_faults << " o ";
  for (const auto n : t.outcomes)
    out << n << ' ';
  for (const auto n : t.outcomes_golden_correct)
    out << n << ' ';
  for (const double x : t.criteria)
    real(x);
  for (const auto& f : t.faults)
    out << "f " << f.target << ' ' << f.fault.element << ' ' << f.fault.mask << ' ' << f.fault.value
        << ' ' << static_cast<int>(f.fault.action) << ' ' << f.before << ' ' << f.after << ' ';
  for (const auto& m : t.monitors) {
    out << "m " << m.layer << ' ';
    for (const auto& s : {m.golden, m.faulty}) {
      for (const double x : {s.minimum, s.maximum, s.mean, s.deviation, s.geometric_mean})
        real(x);
      out << s.nan_count << ' ';
    }
    real(m.rmse), real(m.mae), real(m.share_equal);
  }
  return out.str();
}

/// All exported tables, one after the other.
inline std::string exported(const store& s) {
  std::ostringstream out;
  for (std::size_t i = 0; i < csv_table_names.size(); ++i) {
    out << "== " << csv_table_names[i] << '\n';
    export_csv(s, static_cast<csv_table>(i), out);
  }
  return out.str();
}

/// Adds all trials of a campaign that are missing, `at_once` in a transaction.
inline void complete(store& s, std::size_t at_once = 64) {
  const campaign_description& d = s.description();
  for (std::size_t e = 0; e < d.experiments.size(); ++e)
    for (const trial_range& gap : s.missing(e))
      for (std::uint64_t n = gap.begin; n < gap.end; n += at_once)
        s.add(e, synthetic_trials(d, e, {n, std::min<std::uint64_t>(n + at_once, gap.end)}));
}

/// What an undisturbed campaign exports.
inline std::string undisturbed(const campaign_description& d) {
  const temporary_folder folder;
  store s = store::open(folder.path / "undisturbed.db", d);
  s.set_golden(synthetic_golden());
  complete(s);
  return exported(s);
}

inline std::string file_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_content(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace campaign_tests
