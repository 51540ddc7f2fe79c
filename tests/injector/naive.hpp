// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

/// The whole injector once more, as simply as it can be said: lists, maps and loops over all
/// elements. It shares with the library only the numbered sites of a draw and the random words.
namespace naive {

using bitfault::index_t;

struct event {
  index_t element;
  unsigned mask_number;
  std::uint64_t id;
};

struct cell {
  index_t element;
  std::uint64_t mask;
};

struct setting {
  std::vector<index_t> sizes;       ///< extents
  std::vector<index_t> region;      ///< elements, ascending
  std::vector<std::uint64_t> masks; ///< the mask family
  bitfault::fault_key key;

  index_t elements() const {
    index_t n = 1;
    for (const index_t s : sizes)
      n *= s;
    return n;
  }
  std::vector<index_t> coordinates(index_t e) const {
    std::vector<index_t> at(sizes.size());
    for (std::size_t axis = sizes.size(); axis-- > 0; e /= sizes[axis])
      at[axis] = e % sizes[axis];
    return at;
  }
  index_t flat(const std::vector<index_t>& at) const {
    index_t e = 0;
    for (std::size_t axis = 0; axis < sizes.size(); ++axis)
      e = e * sizes[axis] + at[axis];
    return e;
  }
  unsigned mask_of_element(index_t e) const {
    const bitfault::random_stream stream(key);
    const std::uint64_t word = stream.block(bitfault::purpose::mask, e).word[0];
    return static_cast<unsigned>((word * masks.size()) >> 32);
  }
};

using draw = std::function<std::vector<event>(const setting&)>;
using spread = std::function<std::vector<cell>(const setting&, const cell&)>;
using model = std::function<std::uint64_t(std::uint64_t word, std::uint64_t mask,
                                          bitfault::random_source random)>;

// Draws.

inline draw exactly(index_t k) {
  return [=](const setting& s) {
    std::vector<event> events;
    if (k == 0)
      return events;
    const bitfault::keyed_permutation order(
        bitfault::permutation_shape(s.region.size() * s.masks.size()),
        bitfault::random_stream(s.key));
    for (index_t i = 0; i < k; ++i) {
      const index_t site = order.at(i);
      events.push_back(
          {s.region[site / s.masks.size()], static_cast<unsigned>(site % s.masks.size()), i});
    }
    return events;
  };
}

inline draw exactly_elements(index_t k) {
  return [=](const setting& s) {
    std::vector<event> events;
    if (k == 0)
      return events;
    const bitfault::keyed_permutation order(bitfault::permutation_shape(s.region.size()),
                                            bitfault::random_stream(s.key));
    for (index_t i = 0; i < k; ++i) {
      const index_t e = s.region[order.at(i)];
      events.push_back({e, s.mask_of_element(e), i});
    }
    return events;
  };
}

/// The sites of a rate as its draw numbers them; what they mean is worked out here.
template <class Rate>
std::vector<index_t> sites_of(const Rate& rate, const setting& s, index_t all) {
  bitfault::status state;
  const auto bound = rate.bind(bitfault::detail::site_space{all, 1, 1}, 0, 0, state);
  const auto drawn = bound.start(bitfault::random_stream(s.key));
  std::vector<index_t> sites;
  drawn.template visit<1>(0, bound.units(), [&](const index_t* site, unsigned n, index_t) {
    sites.insert(sites.end(), site, site + n);
  });
  return sites;
}

inline draw per_bit(double p) {
  return [=](const setting& s) {
    std::vector<event> events;
    for (const index_t site :
         sites_of(bitfault::rate::per_bit(p), s, s.region.size() * s.masks.size()))
      events.push_back(
          {s.region[site / s.masks.size()], static_cast<unsigned>(site % s.masks.size()), site});
    return events;
  };
}

inline draw per_element(double p) {
  return [=](const setting& s) {
    std::vector<event> events;
    for (const index_t site : sites_of(bitfault::rate::per_element(p), s, s.region.size()))
      events.push_back({s.region[site], s.mask_of_element(s.region[site]), site});
    return events;
  };
}

inline draw at(std::vector<index_t> list) {
  return [=](const setting& s) {
    std::vector<event> events;
    for (index_t i = 0; i < list.size(); ++i)
      events.push_back({list[i], s.mask_of_element(list[i]), i});
    return events;
  };
}

inline draw every() {
  return [](const setting& s) {
    std::vector<event> events;
    for (index_t i = 0; i < s.region.size(); ++i)
      events.push_back({s.region[i], 0, i});
    return events;
  };
}

/// k sites, or elements, for each of `entries` equal parts of the region.
inline draw each_entry(index_t k, index_t entries, bool whole_elements) {
  return [=](const setting& s) {
    std::vector<event> events;
    const index_t part = s.region.size() / entries;
    const index_t masks = whole_elements ? 1 : s.masks.size();
    for (index_t entry = 0; k > 0 && entry < entries; ++entry) {
      const bitfault::keyed_permutation order(bitfault::permutation_shape(part * masks),
                                              bitfault::random_stream(s.key).child(entry));
      for (index_t i = 0; i < k; ++i) {
        const index_t site = order.at(i);
        const index_t e = s.region[entry * part + site / masks];
        events.push_back(
            {e, whole_elements ? s.mask_of_element(e) : static_cast<unsigned>(site % masks),
             entry * k + i});
      }
    }
    return events;
  };
}

// Patterns.

inline spread single() {
  return [](const setting&, const cell& anchor) { return std::vector<cell>{anchor}; };
}

inline spread burst(index_t length) {
  return [=](const setting& s, const cell& anchor) {
    std::vector<cell> cells;
    for (index_t e = anchor.element; e < s.elements() && e < anchor.element + length; ++e)
      cells.push_back({e, anchor.mask});
    return cells;
  };
}

/// All elements whose coordinates lie in [begin, end) around the anchor's, axis by axis.
inline std::vector<cell>
box(const setting& s, const cell& anchor,
    const std::function<std::pair<index_t, index_t>(std::size_t, index_t)>& f) {
  const auto corner = s.coordinates(anchor.element);
  std::vector<cell> cells;
  for (index_t e = 0; e < s.elements(); ++e) {
    const auto at = s.coordinates(e);
    bool inside = true;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      const auto [begin, end] = f(axis, corner[axis]);
      inside = inside && at[axis] >= begin && at[axis] < end;
    }
    if (inside)
      cells.push_back({e, anchor.mask});
  }
  return cells;
}

inline spread line(std::size_t along) {
  return [=](const setting& s, const cell& anchor) {
    return box(s, anchor, [&](std::size_t axis, index_t at) {
      return axis == along ? std::pair{index_t{0}, s.sizes[axis]} : std::pair{at, at + 1};
    });
  };
}

inline spread whole_channel(std::size_t last) {
  return [=](const setting& s, const cell& anchor) {
    return box(s, anchor, [&](std::size_t axis, index_t at) {
      return axis > last ? std::pair{index_t{0}, s.sizes[axis]} : std::pair{at, at + 1};
    });
  };
}

inline spread tile(std::vector<index_t> lengths) {
  return [=](const setting& s, const cell& anchor) {
    return box(s, anchor, [&](std::size_t axis, index_t at) {
      const std::size_t free = s.sizes.size() - lengths.size();
      return std::pair{at, at + (axis < free ? 1 : lengths[axis - free])};
    });
  };
}

/// The memory array drawn on paper: a place for each bit, then the neighbours of one.
inline spread upset(index_t columns, index_t rows, index_t degree, index_t words_per_row,
                    unsigned width) {
  using place = std::pair<index_t, index_t>;
  std::map<place, cell> array;
  std::map<std::pair<index_t, std::uint64_t>, place> place_of;
  return [=](const setting& s, const cell& anchor) mutable {
    for (index_t e = 0; array.empty() && e < s.elements(); ++e)
      for (unsigned b = 0; b < width; ++b) {
        const index_t in_row = e % words_per_row;
        const index_t column = in_row / degree * degree * width + b * degree + in_row % degree;
        place_of[{e, std::uint64_t{1} << b}] = {e / words_per_row, column};
      }
    if (array.empty())
      for (const auto& [what, where] : place_of)
        array[where] = {what.first, what.second};
    const place hit = place_of[{anchor.element, anchor.mask}];
    std::vector<cell> cells;
    for (index_t down = 0; down < rows; ++down)
      for (index_t right = 0; right < columns; ++right)
        if (const auto found = array.find({hit.first + down, hit.second + right});
            found != array.end())
          cells.push_back(found->second);
    return cells;
  };
}

/// The words after all faults. With `owned`, an element belongs to the lowest event that covers it.
inline std::vector<std::uint64_t> inject(const setting& s, std::vector<std::uint64_t> words,
                                         const draw& drawn, const spread& pattern,
                                         const model& change, bool owned, double active_share = 1) {
  const bitfault::random_stream stream(s.key);
  std::vector<bool> in_region(s.elements(), false);
  for (const index_t e : s.region)
    in_region[e] = true;
  std::vector<std::uint64_t> owner(s.elements(), std::numeric_limits<std::uint64_t>::max());
  std::vector<event> events;
  for (const event& e : drawn(s))
    if (active_share == 1 ||
        bitfault::probability(active_share)
            .hit(stream.block(bitfault::purpose::lifetime, e.id, s.key.step).wide(0)))
      events.push_back(e);
  for (const event& e : events)
    for (const cell& c : pattern(s, {e.element, s.masks[e.mask_number]}))
      if (in_region[c.element] && e.id < owner[c.element])
        owner[c.element] = e.id;
  for (const event& e : events)
    for (const cell& c : pattern(s, {e.element, s.masks[e.mask_number]}))
      if (in_region[c.element] && (!owned || owner[c.element] == e.id))
        words[c.element] = change(words[c.element], c.mask,
                                  bitfault::random_source(stream, c.element, e.mask_number, e.id));
  return words;
}

} // namespace naive
