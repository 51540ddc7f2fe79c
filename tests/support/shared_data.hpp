// SPDX-License-Identifier: MIT
#pragma once

// Recordings and networks of others, which may not be redistributed: a test that reads them says so
// and passes where they are absent.

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

/// The folder or file of that name, in the folder that the environment variable
/// BITFAULT_SHARED_DATA names, or else in ../shared/data beside the checkout. Empty if there is
/// none.
[[nodiscard]] inline std::optional<std::filesystem::path> shared_data(const std::string& name) {
  const char* given = std::getenv("BITFAULT_SHARED_DATA");
  const auto checkout = std::filesystem::path(__FILE__).parent_path() / ".." / "..";
  auto path =
      (given != nullptr ? std::filesystem::path(given) : checkout / ".." / "shared" / "data") /
      name;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::nullopt;
  }
  return path;
}
