// SPDX-License-Identifier: MIT
#pragma once

#include "report_style.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Text as it stands in HTML, also inside quotes. Control characters, which no page may hold,
/// become blanks.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20 && c != '\n')
      out += ' ';
    else
      out += c;
  }
  return out;
}

/// Pieces of a page, one after the other. What is given is HTML: see `escaped`.
class html_text {
public:
  html_text& add(const std::string& html) {
    text_ += html + "\n";
    return *this;
  }
  html_text& paragraph(const std::string& html, const char* kind = "") {
    return add("<p" + (*kind == '\0' ? std::string() : " class=\"" + std::string(kind) + "\"") +
               ">" + html + "</p>");
  }
  html_text& heading(const std::string& html) { return add("<h2>" + html + "</h2>"); }
  html_text& begin_tiles() { return add("<div class=\"tiles\">"); }
  html_text& tile(const std::string& value, const std::string& words) {
    return add("<div class=\"tile\"><b>" + value + "</b><span>" + words + "</span></div>");
  }
  html_text& end_tiles() { return add("</div>"); }
  html_text& begin_details(const std::string& title) {
    return add("<details><summary>" + title + "</summary>");
  }
  html_text& end_details() { return add("</details>"); }
  html_text& table(const std::vector<std::string>& head,
                   const std::vector<std::vector<std::string>>& rows) {
    text_ += "<div class=\"scroll\"><table>";
    row("th", head);
    for (const auto& cells : rows)
      row("td", cells);
    return add("</table></div>");
  }
  html_text& definitions(const std::vector<std::pair<std::string, std::string>>& list) {
    text_ += "<dl>";
    for (const auto& [word, meaning] : list)
      add("<dt>" + word + "</dt><dd>" + meaning + "</dd>");
    return add("</dl>");
  }
  const std::string& text() const noexcept { return text_; }

private:
  void row(const std::string& tag, const std::vector<std::string>& cells) {
    text_ += "<tr>";
    for (const std::string& cell : cells)
      text_ += "<" + tag + ">" + cell + "</" + tag + ">";
    text_ += "</tr>\n";
  }

  std::string text_;
};

/// A whole page that needs no other file and no network.
inline std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><title>" +
         escaped(title) + "</title><style>" + detail::report_style +
         "</style></head>\n<body><main>\n" + body + "</main></body></html>\n";
}

} // namespace bitfault::campaign
