// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "any_campaign.hpp"
#include "configuration.hpp"
#include "store.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// The models that a program offers, by the name that `model.kind` gives them.
///
///     bitfault::campaign::model_kinds kinds;
///     kinds.add("mine", [](bitfault::campaign::table_reader& keys) {
///       return std::make_unique<my_model>(keys.text("weights"));
///     });
class model_kinds {
public:
  /// `make(table_reader&)` reads the table [model] and returns a std::unique_ptr to a model; it is
  /// called once for each thread. Throws std::invalid_argument for a kind that is there.
  template <class Make>
  model_kinds& add(std::string kind, Make make) {
    using M = typename std::invoke_result_t<Make&, table_reader&>::element_type;
    static_assert(model<M>, "bitfault: what is made here is no model");
    for (const std::string& other : names_)
      if (other == kind)
        throw std::invalid_argument("bitfault: two kinds of models are named '" + kind + "'");
    names_.push_back(std::move(kind));
    kinds_.push_back([make](const configuration& c) {
      return open_campaign<M>([c, make] { return read_model(c, make); }, c);
    });
    return *this;
  }

  const std::vector<std::string>& names() const noexcept { return names_; }

  /// The configuration's campaign, with its golden run. Throws `configuration_error` for a kind
  /// that is not there, with the nearest name, and what `campaign` throws.
  std::unique_ptr<any_campaign> open(const configuration& c) const {
    const std::string wanted = model_kind(c);
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == wanted)
        return kinds_[i](c);
    const toml::node* kind = c.model->get("kind");
    if (names_.empty())
      throw configuration_error(
          c.path, {{0, "this program has no models; a campaign is run by a program that has "
                       "yours: see docs/tool.md"}});
    throw configuration_error(
        c.path,
        {{kind == nullptr ? 0 : kind->source().begin.line,
          kind == nullptr ? "model.kind is missing; it takes one of " + detail::toml_texts(names_)
                          : "model.kind: there is no '" + wanted + "'; the nearest name is '" +
                                bitfault::detail::nearest_name(names_, wanted) + "'"}});
  }

private:
  std::vector<std::string> names_;
  std::vector<std::function<std::unique_ptr<any_campaign>(const configuration&)>> kinds_;
};

/// The configuration of the campaign in a store, from the file alone. Files, threads and shortcuts
/// are not in it and have their defaults. Throws `file_error`, and `configuration_error` for a
/// campaign that was not made from a configuration.
inline configuration
stored_configuration(const std::filesystem::path& path,
                     const std::vector<criterion>& known = classification_criteria()) {
  const store s = store::read(path);
  configuration c = read_configuration(s.description().identity.configuration,
                                       path.string() + " (its configuration)", known);
  for (const stored_experiment& e : s.description().experiments)
    c.experiments.push_back(e.asked);
  c.output = {path.string(), report_beside(path)};
  return c;
}

} // namespace bitfault::campaign
