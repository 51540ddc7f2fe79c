// SPDX-License-Identifier: MIT
#include "bitfault/campaign/report.hpp"

#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/statistics/wilson.hpp>

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace campaign_tests;

namespace {

/// What keeps a text from being well-formed XML: tags that do not match, attributes without quotes,
/// '&' and '<' that are none of its signs. Empty if nothing does.
std::string xml_problem(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&') {
      const std::size_t end = text.find(';', at);
      const std::string name = text.substr(at + 1, end - at - 1);
      if (name != "lt" && name != "gt" && name != "amp" && name != "quot" && name != "apos" &&
          name.substr(0, 1) != "#")
        return "a lone & at " + text.substr(at, 30);
    }
    if (text[at] != '<')
      continue;
    if (text.compare(at, 2, "<!") == 0 || text.compare(at, 2, "<?") == 0) {
      at = text.find('>', at);
      continue;
    }
    const bool closing = text[at + 1] == '/';
    std::size_t i = at + (closing ? 2 : 1);
    std::string name;
    while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0))
      name += text[i++];
    if (name.empty())
      return "a lone < at " + text.substr(at, 30);
    char last = ' ';
    for (; i < text.size() && text[i] != '>'; ++i) {
      if (text[i] == '=') {
        while (text[i + 1] == ' ')
          ++i;
        const char quote = text[i + 1];
        if (quote != '"' && quote != '\'')
          return "no quote after " + text.substr(at, 60);
        i = text.find(quote, i + 2);
        if (i == std::string::npos)
          return "an open quote in " + text.substr(at, 60);
      }
      last = text[i];
    }
    at = i;
    if (closing) {
      if (open.empty() || open.back() != name)
        return "</" + name + "> closes <" + (open.empty() ? "nothing" : open.back()) + ">";
      open.pop_back();
    } else if (last != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

/// Where programs are looked for, until the end.
class search_path {
public:
  explicit search_path(const std::string& path) : before_(std::getenv("PATH")) {
    setenv("PATH", path.c_str(), 1);
  }
  search_path(const search_path&) = delete;
  search_path& operator=(const search_path&) = delete;
  ~search_path() { setenv("PATH", before_.c_str(), 1); }

private:
  std::string before_;
};

/// The synthetic campaign, whose trials strike any target.
campaign_description description() {
  campaign_description d = synthetic_description();
  for (stored_experiment& e : d.experiments) {
    e.sites = 0;
    e.targets.clear();
    for (std::uint32_t t = 0; t < d.targets.size(); ++t) {
      e.targets.push_back({t, 1000});
      e.sites += 1000;
    }
  }
  return d;
}

store filled(const std::filesystem::path& path, std::size_t at_once) {
  const auto d = description();
  store s = store::open(path, d);
  s.set_golden(synthetic_golden());
  complete(s, at_once);
  return s;
}

} // namespace

TEST_CASE("the checker of these tests finds what is not well-formed") {
  CHECK(xml_problem("<a b=\"1\"><c/>x &lt; y</a>") == "");
  CHECK(!xml_problem("<a><b></a></b>").empty());
  CHECK(!xml_problem("<a b=1></a>").empty());
  CHECK(!xml_problem("<a>1 & 2</a>").empty());
  CHECK(!xml_problem("<a>").empty());
}

TEST_CASE("a report is one well-formed page that needs nothing from outside") {
  const temporary_folder folder;
  const store s = filled(folder.path / "s.db", 64);
  const written_report r = html_report(s);
  CHECK(r.problem.empty());
  CHECK(xml_problem(r.html) == "");
  CHECK(has(r.html, "<svg"));
  std::string plain = r.html;
  for (const std::string space : {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"})
    detail::replace_all(plain, space, "");
  for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "src="})
    CHECK(!has(plain, outside));
}

TEST_CASE("a report depends on the stored trials alone") {
  const temporary_folder one, two;
  const store a = filled(one.path / "a.db", 64);
  const store b = filled(two.path / "another name.db", 7);
  CHECK(html_report(a).html == html_report(b).html);
  CHECK(html_report(a).html == html_report(store::read(one.path / "a.db")).html);
}

TEST_CASE("a report says what is needed to get the same again, and where each number comes from") {
  const temporary_folder folder;
  const store s = filled(folder.path / "s.db", 64);
  const campaign_description& d = s.description();
  const std::string html = html_report(s).html;
  for (const std::string& part :
       {std::string("a &quot;name&quot;, with a comma"), std::to_string(d.identity.seed),
        "bitfault " + d.identity.library_version, escaped(d.identity.compiler),
        std::string("CRC-32 0xdeadbeef"), std::string("campaign.seed = 7"),
        std::string("SDC, of all"), std::string("SDC, of right"), std::string("anytime-valid")})
    CHECK(has(html, part));
  // An address beside each trial that is shown, and the trials that are shown have most SDC inputs.
  for (std::size_t e = 0; e < d.experiments.size(); ++e) {
    const experiment_overview view = overview_of(s, e);
    REQUIRE(!view.worst.empty());
    std::uint32_t most = 0;
    s.for_each_trial(e, [&](const trial_record& r) {
      most = std::max(most, r.outcomes[static_cast<std::size_t>(outcome::sdc)]);
    });
    CHECK(view.worst[0].outcomes[static_cast<std::size_t>(outcome::sdc)] == most);
    for (const injected_fault& f : view.worst[0].faults)
      if (&f - view.worst[0].faults.data() < 2)
        CHECK(has(html, escaped(address_of(d, f))));
  }
  // The estimate of a whole experiment, with the letter of its interval.
  const summary sums = overview_of(s, 1).sums;
  const trial_estimate whole = sums.sdc_share(sums.all());
  REQUIRE(whole.method == interval_method::clustered);
  CHECK(has(html, estimate_text(whole) + "<sup class=\"how\">F</sup>"));
  const trial_estimate beyond = sums.sdc_share_beyond_inputs();
  REQUIRE(beyond.method == interval_method::two_way);
  CHECK(has(html, estimate_text(beyond) + "<sup class=\"how\">T</sup>"));
  // All criteria, in their order: a flag's share, a number's mean, and ALFI's rate.
  const std::size_t begin = html.find("By experiment and criterion");
  REQUIRE(begin != std::string::npos);
  const std::string table = html.substr(begin, html.find("</details>", begin) - begin);
  REQUIRE(d.criteria.size() == 3);
  const trial_estimate without_due = sums.sdc_share_without_due(sums.all());
  CHECK(without_due.hits != 0);
  std::size_t at = 0;
  for (const std::string& part :
       {std::string(">sdc_1<"), std::string(">margin_loss, mean<"), std::string(">never<"),
        std::string(">SDC, of inputs without DUE<"), ">" + d.experiments[1].asked.name + "<",
        ">" + estimate_text(sums.flag_share(sums.all(), 0)) + "<",
        ">" + format_number("%.4g", sums.criterion_mean(sums.all(), 1)) + "<",
        ">" + estimate_text(sums.flag_share(sums.all(), 2)) + "<",
        ">" + estimate_text(without_due) + "<"}) {
    INFO(part);
    at = table.find(part, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("a report of a campaign that is not complete says how much is missing") {
  const temporary_folder folder;
  const auto d = description();
  store s = store::open(folder.path / "s.db", d);
  CHECK(has(html_report(s).html, "300 of 300 trials are missing")); // and no trial at all is fine
  s.add(0, synthetic_trials(d, 0, {0, 10}));
  const std::string html = html_report(s).html;
  CHECK(has(html, "290 of 300 trials are missing"));
  CHECK(xml_problem(html) == "");
}

TEST_CASE("without gnuplot a report has no figures and says why") {
  const temporary_folder folder, empty;
  const store s = filled(folder.path / "s.db", 64);
  const search_path nothing(empty.path.string());
  const std::string problem = write_report(s, folder.path / "report.html");
  CHECK(has(problem, "gnuplot is not installed"));
  const std::string html = file_content(folder.path / "report.html");
  CHECK(has(html, "This report has no figures: gnuplot is not installed"));
  CHECK(!has(html, "<svg"));
  CHECK(has(html, "All numbers"));
  CHECK(xml_problem(html) == "");
}
