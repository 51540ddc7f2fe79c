// SPDX-License-Identifier: MIT
#pragma once

#include "../random/fault_key.hpp"
#include "../random/permutation.hpp"
#include "../random/source.hpp"
#include "campaign.hpp"
#include "critical_bits.hpp"
#include "jobs.hpp"
#include "runner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

struct critical_bits_options {
  std::uint64_t elements = 0; ///< how many are searched, drawn at random; 0: all
  std::uint64_t checked = 0;  ///< in how many of them every bit is tried; at most all of them

  /// Masks of critical bits that an earlier search with as many `checked` has found, by the
  /// element's place in the drawn order. They are not searched for again.
  std::map<std::uint64_t, std::uint64_t> known{};
  /// Is given each mask that is found, by the calling thread, before `watch` is called.
  std::function<void(std::uint64_t place, std::uint64_t mask)> keep{};
};

/// What a search came to in one element.
struct searched_element {
  std::uint32_t target = 0; ///< its number in the campaign's list
  std::uint64_t element = 0;
  std::uint64_t word = 0;
  critical_bits found{};
  std::optional<std::uint64_t> truth{}; ///< the mask of all critical bits, if each was tried

  friend bool operator==(const searched_element&, const searched_element&) = default;
};

/// What it came to in all of them.
struct critical_bits_search {
  std::vector<target> targets{};            ///< the campaign's
  std::vector<searched_element> elements{}; ///< by target, then element
  std::uint64_t of_elements = 0;            ///< that the experiment's targets have
  std::uint64_t bits = 0;                   ///< of the searched elements: trials to try each
  std::uint64_t trials = 0;                 ///< that were run, now or before
  monotonicity_check check{};               ///< over the elements of which every bit was tried
};

namespace detail {

/// Throws std::invalid_argument where an experiment is none that a search could replace.
inline void check_searchable(const experiment& e, const std::vector<target>& all) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("bitfault: experiment '" + e.name +
                                "' cannot be searched for critical bits: " + what);
  };
  if (e.fault.which != fault_description::kind::bit_flip ||
      e.fault.bits.which != mask_family::kind::any || e.amount.which != fault_amount::kind::single)
    refuse("that takes fault \"bit_flip\" in bits \"any\" with amount \"single\"");
  if (!e.all_inputs)
    refuse("each bit is tried on the same inputs, which takes inputs = \"all\"");
  for (const std::size_t t : find_targets(all, e.targets))
    if (!all[t].is_parameter())
      refuse("'" + all[t].name +
             "' is the output of a layer, whose words differ from input to "
             "input; parameters have one word");
}

/// Elements of targets side by side.
class element_space {
public:
  element_space(const std::vector<target>& all, std::vector<std::size_t> chosen)
      : chosen_(std::move(chosen)) {
    for (const std::size_t t : chosen_)
      ends_.push_back((ends_.empty() ? 0 : ends_.back()) + all[t].size);
  }
  std::uint64_t size() const noexcept { return ends_.back(); }
  /// Target and element of number i.
  std::pair<std::uint32_t, std::uint64_t> at(std::uint64_t i) const {
    const auto part =
        static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin());
    return {static_cast<std::uint32_t>(chosen_[part]), i - (part == 0 ? 0 : ends_[part - 1])};
  }

private:
  std::vector<std::size_t> chosen_;
  std::vector<std::uint64_t> ends_;
};

} // namespace detail

/// BinFI's search (see `find_critical_bits`) in the parameters that an experiment strikes, instead
/// of its trials: a bit is critical where the trial that flips it is, with SDC on at least `tau`
/// inputs. Elements are drawn without replacement, so any number of them is a sample in proportion
/// to the targets' sizes; in the first `checked` of them every bit is tried, which says how often
/// the search is wrong there.
///
/// `make` makes the campaign's models, one for each of its threads; the result does not depend on
/// their number. `watch(done, elements)` is called now and then. Throws std::invalid_argument for
/// an experiment whose trials are not flips of single bits in parameters on all inputs.
///
/// Takes about 4 to 6 inferences of all inputs for an element of 8 bits, about 11 for a float32,
/// and one for each bit of those that are checked.
template <model M, class Watch>
critical_bits_search search_critical_bits(const campaign<M>& c,
                                          const typename campaign<M>::make_model& make,
                                          const bound_experiment& e, const critical_bits_options& o,
                                          const Watch& watch) {
  struct worker {
    std::unique_ptr<M> its_model;
    runner<M> with;
    std::vector<parameter> parameters;
    worker(const typename campaign<M>::make_model& made, const campaign<M>& of)
        : its_model(made()), with(*its_model, of.golden(), of.chosen(), of.judging(), {}),
          parameters(its_model->parameters()) {}
  };
  constexpr std::uint64_t block = 4;
  struct part {
    std::uint64_t first = 0; ///< place of the first element
    std::vector<searched_element> elements;
    std::uint64_t trials = 0;
  };

  detail::check_searchable(e.what(), c.targets());
  const detail::element_space space(c.targets(), find_targets(c.targets(), e.what().targets));
  const std::uint64_t wanted = o.elements == 0 ? space.size() : std::min(o.elements, space.size());
  // Streams of experiments are numbered from 0.
  const random_stream stream(fault_key{.seed = c.chosen().seed, .stream = ~std::uint32_t{0}});
  const keyed_permutation order(permutation_shape(static_cast<index_t>(space.size())), stream);

  const auto search = [&](worker& w, std::uint64_t number, std::uint64_t& trials) {
    const auto [target_number, element] =
        space.at(std::uint64_t{order.at(static_cast<index_t>(number))});
    searched_element found{target_number, element};
    const target& t = c.targets()[found.target];
    found.word = w.parameters[t.place].memory.load(static_cast<index_t>(found.element));
    const auto known = o.known.find(number);
    const auto is_critical = [&](unsigned bit) {
      ++trials;
      // The search asks for the same bits as before, since all that it was told stands in its mask.
      if (known != o.known.end())
        return (known->second >> bit & 1U) != 0;
      const trial_record r = w.with.run_with(
          {{found.target, {found.element, std::uint64_t{1} << bit, 0, fault_action::flip}}});
      return r.outcomes[static_cast<std::size_t>(outcome::sdc)] >= e.what().tau;
    };
    if (number < o.checked)
      found.truth = try_all_bits(t.type->layout, is_critical);
    else
      found.found = find_critical_bits(t.type->layout, found.word, is_critical);
    return found;
  };

  std::vector<std::unique_ptr<worker>> workers;
  for (unsigned i = 0; i < std::max(c.chosen().threads, 1U); ++i)
    workers.push_back(std::make_unique<worker>(make, c));
  critical_bits_search all;
  all.targets = c.targets();
  all.of_elements = space.size();
  run_jobs<part>(
      workers, static_cast<std::size_t>((wanted + block - 1) / block),
      [&](std::unique_ptr<worker>& w, std::size_t job) {
        part done;
        done.first = job * block;
        for (std::uint64_t n = done.first; n < std::min(wanted, (job + 1) * block); ++n)
          done.elements.push_back(search(*w, n, done.trials));
        return done;
      },
      [&](std::size_t, part&& done) {
        all.trials += done.trials;
        std::uint64_t place = done.first;
        for (const searched_element& s : done.elements) {
          if (o.keep && o.known.count(place) == 0)
            o.keep(place, s.truth.value_or(s.found.mask));
          ++place;
        }
        all.elements.insert(all.elements.end(), done.elements.begin(), done.elements.end());
      },
      [&] { watch(std::uint64_t{all.elements.size()}, wanted); });
  std::sort(all.elements.begin(), all.elements.end(), [](const auto& a, const auto& b) {
    return std::pair(a.target, a.element) < std::pair(b.target, b.element);
  });
  for (searched_element& s : all.elements) {
    const code_layout& layout = all.targets[s.target].type->layout;
    all.bits += layout.bits;
    if (s.truth)
      s.found = all.check.add(layout, s.word, *s.truth);
  }
  return all;
}

} // namespace bitfault::campaign
