// SPDX-License-Identifier: MIT
// What a user of the component `campaign` gets: a store, without looking for SQLite.

#include <bitfault/campaign/store.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

bool campaign_is_kept();

bool campaign_is_kept() {
  namespace campaign = bitfault::campaign;
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("bitfault-consumer-" + std::to_string(::getpid()) + ".db");
  campaign::campaign_description description;
  description.experiments.emplace_back();
  description.experiments[0].planned = 3;
  {
    campaign::store store = campaign::store::open(path, description);
    store.add(0, std::vector<campaign::trial_record>(1));
  }
  const bool kept = campaign::store::read(path).complete_prefix(0) == 1;
  std::filesystem::remove(path);
  return kept;
}
