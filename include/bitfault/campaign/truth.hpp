// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "../fault_list/edit_distance.hpp"
#include "../fault_list/file.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// The outcome of every single fault of an experiment: one bit for each site and criterion. Known
/// in full, it is what samplers and intervals are held against. Sites are numbered as in the
/// experiment's `fault_space`.
///
/// The file is a text header (`bitfault truth 1`, then `key: value` lines, an empty line), then the
/// bits of each criterion in the header's order, site i in bit i % 8 of byte i / 8.
class truth {
public:
  /// Nothing is known yet: all bits are 0.
  truth(std::uint64_t sites, std::vector<std::string> criteria)
      : sites_(sites), criteria_(std::move(criteria)),
        bits_(criteria_.size(), std::string(static_cast<std::size_t>((sites + 7) / 8), '\0')) {}

  std::uint64_t sites() const noexcept { return sites_; }
  const std::vector<std::string>& criteria() const noexcept { return criteria_; }
  /// What else the file says: the network, the images, the command that made it.
  std::map<std::string, std::string>& facts() noexcept { return facts_; }
  const std::map<std::string, std::string>& facts() const noexcept { return facts_; }

  /// Number of a criterion. Throws std::invalid_argument for one that is not there.
  std::size_t number_of(std::string_view criterion) const {
    const auto at = std::find(criteria_.begin(), criteria_.end(), criterion);
    std::string names;
    for (const std::string& c : criteria_)
      names += (names.empty() ? "" : ", ") + c;
    if (at == criteria_.end())
      throw std::invalid_argument("bitfault: the truth has no criterion '" +
                                  std::string(criterion) + "'; the nearest name is '" +
                                  bitfault::detail::nearest_name(criteria_, criterion) +
                                  "' (it has " + names + ")");
    return static_cast<std::size_t>(at - criteria_.begin());
  }
  bool holds(std::size_t criterion, std::uint64_t site) const noexcept {
    const auto byte =
        static_cast<unsigned char>(bits_[criterion][static_cast<std::size_t>(site / 8)]);
    return ((byte >> (site % 8)) & 1U) != 0;
  }
  void set(std::size_t criterion, std::uint64_t site) noexcept {
    char& byte = bits_[criterion][static_cast<std::size_t>(site / 8)];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (1U << (site % 8)));
  }
  /// How many sites meet a criterion. O(sites).
  std::uint64_t hits(std::size_t criterion) const noexcept {
    std::uint64_t n = 0;
    for (const char byte : bits_[criterion])
      n += static_cast<std::uint64_t>(std::popcount(static_cast<unsigned char>(byte)));
    return n;
  }
  double share(std::size_t criterion) const noexcept {
    return sites_ == 0 ? 0 : static_cast<double>(hits(criterion)) / static_cast<double>(sites_);
  }

  void save(const std::filesystem::path& path) const { bitfault::detail::write_file(path, text()); }
  /// Throws `file_error` for a file that cannot be read, is no truth, or is not whole.
  static truth load(const std::filesystem::path& path) {
    return parse(bitfault::detail::read_file(path), path.string());
  }

private:
  static constexpr std::string_view first_line = "bitfault truth 1\n";

  std::string body() const {
    std::string all;
    for (const std::string& plane : bits_)
      all += plane;
    return all;
  }
  std::string text() const {
    std::string head(first_line);
    head += "sites: " + std::to_string(sites_) + "\ncriteria:";
    for (const std::string& name : criteria_)
      head += " " + name;
    head += "\ncrc32: " + std::to_string(crc32(body())) + "\n";
    for (const auto& [key, value] : facts_)
      head += key + ": " + value + "\n";
    return head + "\n" + body();
  }
  static truth parse(const std::string& all, const std::string& name) {
    const auto fail = [&](const std::string& what) { throw file_error(name, what); };
    const std::size_t end = all.find("\n\n");
    if (!all.starts_with(first_line) || end == std::string::npos)
      fail("is no truth of bitfault, or of another version");
    std::map<std::string, std::string> facts;
    std::istringstream head(all.substr(first_line.size(), end + 1 - first_line.size()));
    for (std::string line; std::getline(head, line);) {
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos)
        fail("has a line without ': ' in its head: '" + line + "'");
      facts[line.substr(0, colon)] = line.substr(colon + 2);
    }
    const auto number = [&](const std::string& key) {
      const std::string& digits = facts[key];
      if (digits.empty() || digits.size() > 18 ||
          digits.find_first_not_of("0123456789") != std::string::npos)
        fail("says '" + key + ": " + digits + "'; a number is expected");
      return std::stoull(digits);
    };
    std::vector<std::string> criteria;
    std::istringstream names(facts["criteria"]);
    for (std::string word; names >> word;)
      criteria.push_back(word);
    const std::uint64_t sites = number("sites");
    const std::uint64_t plane = sites / 8 + (sites % 8 != 0 ? 1 : 0);
    const std::string_view body = std::string_view(all).substr(end + 2);
    if (criteria.empty() || body.size() != plane * criteria.size())
      fail("has " + std::to_string(body.size()) + " bytes of bits; " +
           std::to_string(criteria.size()) + " criteria of " + std::to_string(sites) +
           " sites take " + std::to_string(plane * criteria.size()));
    if (crc32(body) != number("crc32"))
      fail("is damaged: the checksum does not fit");
    truth t(sites, std::move(criteria));
    for (std::size_t i = 0; i < t.bits_.size(); ++i)
      t.bits_[i] =
          body.substr(i * static_cast<std::size_t>(plane), static_cast<std::size_t>(plane));
    for (const char* key : {"sites", "criteria", "crc32"})
      facts.erase(key);
    t.facts_ = std::move(facts);
    return t;
  }

  std::uint64_t sites_;
  std::vector<std::string> criteria_;
  std::map<std::string, std::string> facts_;
  std::vector<std::string> bits_;
};

} // namespace bitfault::campaign
