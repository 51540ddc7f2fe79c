// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/status.hpp"
#include "../faults/bit_faults.hpp"
#include "../make.hpp"
#include "../random/fault_key.hpp"
#include "../random/permutation.hpp"
#include "../random/source.hpp"
#include "../selectors/exactly.hpp"
#include "../selectors/rate.hpp"
#include "../space/bits.hpp"
#include "fault_description.hpp"
#include "target.hpp"
#include "target_region.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// The masks that a family gives for a word, lowest bit first. Throws `error` for a bit outside the
/// word or a window wider than it, and for a field that the element type does not have.
inline std::vector<std::uint64_t> masks_of(const mask_family& family, const element_type& type) {
  const code_layout w = type.layout;
  std::vector<std::uint64_t> masks;
  const auto range = [&](unsigned first, unsigned count) {
    for (unsigned bit = first; bit < first + count; ++bit)
      masks.push_back(std::uint64_t{1} << bit);
  };
  switch (family.which) {
  case mask_family::kind::any:
    range(0, w.bits);
    break;
  case mask_family::kind::given:
    for (const unsigned bit : family.bits) {
      if (bit >= w.bits)
        status{refusal::bit_outside_word, 0, bit, w.bits, "campaign: bits"}.or_throw();
      masks.push_back(std::uint64_t{1} << bit);
    }
    std::sort(masks.begin(), masks.end());
    masks.erase(std::unique(masks.begin(), masks.end()), masks.end());
    break;
  case mask_family::kind::sign:
    range(w.mantissa_bits + w.exponent_bits, w.sign_bits);
    break;
  case mask_family::kind::exponent:
    range(w.mantissa_bits, w.exponent_bits);
    break;
  case mask_family::kind::mantissa:
    range(0, w.mantissa_bits);
    break;
  case mask_family::kind::adjacent:
    if (family.width == 0 || family.width > w.bits)
      status{refusal::window_wider_than_word, 0, family.width, w.bits, "campaign: bits"}.or_throw();
    for (unsigned bit = 0; bit + family.width <= w.bits; ++bit)
      masks.push_back(bitfault::detail::low_bits(family.width) << bit);
    break;
  case mask_family::kind::all:
    masks.push_back(bitfault::detail::low_bits(w.bits));
    break;
  }
  if (masks.empty())
    throw std::invalid_argument("bitfault: campaign: elements of type " + std::string(type.name) +
                                " have none of the bits that the experiment asks for");
  return masks;
}

namespace detail {

/// Whether there are integers of so many bits, a number that a user gave, that stand for multiples
/// of a step.
inline bool is_integer_format(double bits, double step) noexcept {
  return bits >= 2 && bits <= 32 && bits == static_cast<double>(static_cast<unsigned>(bits)) &&
         step > 0 && step <= std::numeric_limits<double>::max();
}

} // namespace detail

/// The words in which a fault strikes: those of the element type, or the integers in two's
/// complement of a quantized_flip. Throws std::invalid_argument where such a fault has no integers
/// or the elements are no floating-point numbers.
inline element_type stored_as(const fault_description& fault, const element_type& type) {
  if (fault.which != fault_description::kind::quantized_flip)
    return type;
  if (!detail::is_integer_format(fault.a, fault.b))
    throw std::invalid_argument("bitfault: campaign: quantized_flip takes a whole number of bits "
                                "from 2 to 32 and a step above 0");
  const auto bits = static_cast<unsigned>(fault.a);
  if (type.layout.exponent_bits == 0 || bits > type.layout.bits)
    throw std::invalid_argument("bitfault: campaign: elements of type " + std::string(type.name) +
                                " are not seen as integers of " + std::to_string(bits) + " bits");
  return {"quantized", type.bytes, {bits, 1, 0, bits - 1}, type.to_real};
}

/// One place for a fault, and its number in the space, which names its random numbers.
struct fault_site {
  std::uint32_t target = 0;
  std::uint64_t element = 0;
  std::uint64_t mask = 0;
  std::uint64_t number = 0;
};

/// The fault sites of several targets, or parts of them, side by side: each site weighs the same,
/// so a target is hit in proportion to its sites.
class fault_space {
public:
  fault_space() = default;
  /// Throws `error` or std::invalid_argument for masks that a target's elements do not have, and
  /// for a space without sites.
  fault_space(const std::vector<target>& all, const std::vector<std::size_t>& chosen,
              const fault_description& fault)
      : fault_space(all, whole(chosen), fault) {}
  /// The same for regions that do not overlap, in their order.
  fault_space(const std::vector<target>& all, const std::vector<target_region>& chosen,
              const fault_description& fault) {
    mask_family family = fault.bits;
    if (sets_value(fault.which)) {
      if (family.which != mask_family::kind::any && family.which != mask_family::kind::all)
        throw std::invalid_argument("bitfault: campaign: bits given for a value fault; a value "
                                    "fault sets the whole word");
      family.which = mask_family::kind::all;
    }
    for (const target_region& region : chosen) {
      const target& t = all[region.target];
      part p{static_cast<std::uint32_t>(region.target),   sites_, elements_,
             masks_of(family, stored_as(fault, *t.type)), region, t.extents};
      const std::uint64_t elements = elements_in(region, t);
      sites_ += elements * p.masks.size();
      elements_ += elements;
      parts_.push_back(std::move(p));
    }
    if (sites_ == 0)
      throw std::invalid_argument("bitfault: campaign: the targets have no fault sites");
  }

  std::uint64_t sites() const noexcept { return sites_; }
  std::uint64_t elements() const noexcept { return elements_; }
  /// Targets, or parts of them.
  std::size_t parts() const noexcept { return parts_.size(); }
  bool single_bits() const noexcept {
    for (const part& p : parts_)
      for (const std::uint64_t mask : p.masks)
        if ((mask & (mask - 1)) != 0)
          return false;
    return true;
  }

  /// Site number i < sites(): targets in their order, then elements, then masks from the lowest.
  fault_site at(std::uint64_t i) const {
    const part& p = *std::prev(
        std::upper_bound(parts_.begin(), parts_.end(), i,
                         [](std::uint64_t n, const part& q) { return n < q.first_site; }));
    const std::uint64_t inside = i - p.first_site;
    return {p.target, element_of(p.region, p.extents, inside / p.masks.size()),
            p.masks[inside % p.masks.size()], i};
  }
  /// Element number i < elements(), with mask number `draw` modulo the masks that it has.
  fault_site element(std::uint64_t i, random_source& random) const {
    const part& p = *std::prev(
        std::upper_bound(parts_.begin(), parts_.end(), i,
                         [](std::uint64_t n, const part& q) { return n < q.first_element; }));
    const std::uint64_t inside = i - p.first_element;
    const std::uint64_t mask = random.below(p.masks.size());
    return {p.target, element_of(p.region, p.extents, inside), p.masks[mask],
            p.first_site + inside * p.masks.size() + mask};
  }
  /// A site of part i < parts(), each equally likely. Requires a part that has sites.
  fault_site in_part(std::size_t i, random_source& random) const {
    return at(parts_[i].first_site + random.below(sites_of_part(i)));
  }
  /// How many sites lie in a target.
  std::uint64_t sites_in(std::size_t target) const noexcept {
    std::uint64_t sites = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (parts_[i].target == target)
        sites += sites_of_part(i);
    return sites;
  }
  std::uint64_t sites_of_part(std::size_t i) const noexcept {
    return (i + 1 < parts_.size() ? parts_[i + 1].first_site : sites_) - parts_[i].first_site;
  }

private:
  static std::vector<target_region> whole(const std::vector<std::size_t>& chosen) {
    std::vector<target_region> regions;
    for (const std::size_t i : chosen)
      regions.push_back({i, {}});
    return regions;
  }

  struct part {
    std::uint32_t target;
    std::uint64_t first_site;
    std::uint64_t first_element;
    std::vector<std::uint64_t> masks;
    target_region region;
    std::vector<std::uint64_t> extents;
  };
  std::vector<part> parts_;
  std::uint64_t sites_ = 0;
  std::uint64_t elements_ = 0;
};

namespace detail {

/// The numbers below `size` that a selector of the core hits: sites are drawn as the elements of a
/// tensor with one bit each.
template <class Selector, class F>
void draw_numbers(const Selector& selector, std::uint64_t size, const fault_key& key, F&& f) {
  const auto injector = make_injector(bit_flip{}, selector, bits::given{0});
  const auto plan = injector.template bind<std::uint8_t>(extents<1>(size));
  plan.state().or_throw();
  plan.for_each_fault(key, [&](const auto& cell, auto&&...) { f(std::uint64_t{cell.element}); });
}

} // namespace detail

/// The order in which a `single` experiment visits its sites.
inline keyed_permutation order_of(const fault_space& space, const fault_key& key) {
  return {permutation_shape(static_cast<index_t>(space.sites())), random_stream(key)};
}

/// The sites of one trial of an amount that is not `single`, in the order of the draw. Throws
/// `error` for an amount that the space does not have.
inline std::vector<fault_site> draw_sites(const fault_space& space, const fault_amount& amount,
                                          const fault_key& key) {
  std::vector<fault_site> sites;
  const auto keep = [&](std::uint64_t number) { sites.push_back(space.at(number)); };
  switch (amount.which) {
  case fault_amount::kind::single:
  case fault_amount::kind::exactly:
    detail::draw_numbers(exactly{amount.count}, space.sites(), key, keep);
    break;
  case fault_amount::kind::fraction:
    detail::draw_numbers(fraction{amount.rate}, space.sites(), key, keep);
    break;
  case fault_amount::kind::per_bit:
    if (!space.single_bits())
      throw std::invalid_argument("bitfault: campaign: per_bit takes single-bit masks only; use "
                                  "per_element");
    detail::draw_numbers(rate::per_bit(amount.rate), space.sites(), key, keep);
    break;
  case fault_amount::kind::per_element: {
    const random_stream stream(key);
    detail::draw_numbers(rate::per_element(amount.rate), space.elements(), key,
                         [&](std::uint64_t number) {
                           random_source random(stream, number, 0, number);
                           sites.push_back(space.element(number, random));
                         });
    break;
  }
  case fault_amount::kind::per_target: {
    const random_stream stream(key);
    detail::draw_numbers(rate::per_element(amount.rate), space.parts(), key,
                         [&](std::uint64_t number) {
                           const auto part = static_cast<std::size_t>(number);
                           random_source random(stream, number, 0, number);
                           if (space.sites_of_part(part) != 0)
                             sites.push_back(space.in_part(part, random));
                         });
    break;
  }
  }
  return sites;
}

} // namespace bitfault::campaign
