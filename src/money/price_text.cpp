// money/price_text.cpp — one row a line, as prices/ keeps them; and one figure a price, to compare.
#include "money/price_text.hpp"

#include <fmt/format.h>

#include "base/json_text.hpp"
#include "money/decimal.hpp"

namespace purser {
namespace {

constexpr Instant kAlways = Instant::from_nanos(INT64_MIN);

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string ratio_text(Ratio ratio) {
  return decimal_text(ratio.numerator * (1000 / ratio.denominator), 3);
}

std::string dollars_text(std::int64_t nanos) {
  return decimal_text(nanos, 9);
}

std::string clock_text(std::int64_t minute) {
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

std::string day_text(std::int64_t day) {
  return to_rfc3339(Instant::from_seconds(day * 86'400)).substr(0, 10);
}

std::string from_text(Instant from) {
  const std::string text = to_rfc3339(from);
  return text.ends_with("T00:00:00.000Z") ? text.substr(0, 10) : text;
}

/// Whether a card must say a class: when it differs from the class it is part of.
bool is_said(const Card& card, std::size_t i) {
  const auto whole = static_cast<std::size_t>(part_of(static_cast<TokenClass>(i)));
  const bool output = static_cast<TokenClass>(i) == TokenClass::output;
  return i == 0 || card[i] != (output ? Rate(0) : card[whole]);
}

std::string card_json(const Card& card) {
  std::string json;
  for (std::size_t i = 0; i < kTokenClasses; ++i) {
    if (is_said(card, i)) {
      json += fmt::format("{}\"{}\": \"{}\"", json.empty() ? "" : ", ",
                          to_string(static_cast<TokenClass>(i)), rate_text(card[i]));
    }
  }
  return "{" + json + "}";
}

std::string levels_json(const Levels& levels) {
  std::string json = "\"usd_per_mtok\": " + card_json(levels.front().card);
  for (std::size_t i = 1; i < levels.size(); ++i) {
    json +=
        fmt::format("{}{{\"tokens\": {}, \"usd_per_mtok\": {}}}", i == 1 ? ", \"above\": [" : ", ",
                    levels[i].above.count(), card_json(levels[i].card));
  }
  return levels.size() > 1 ? json + "]" : json;
}

std::string tiers_json(const PriceVersion& version) {
  std::string json;
  for (std::size_t i = 0; i < kServiceTiers; ++i) {
    if (const auto& tier = version.tiers[i]) {
      const bool times = tier->times != Ratio{} || tier->own.empty();
      json += fmt::format(
          "{}\"{}\": {{{}{}{}}}", json.empty() ? "" : ", ", to_string(static_cast<ServiceTier>(i)),
          times ? fmt::format("\"times\": \"{}\"", ratio_text(tier->times)) : "",
          times && !tier->own.empty() ? ", " : "", tier->own.empty() ? "" : levels_json(tier->own));
    }
  }
  return json.empty() ? json : ", \"tiers\": {" + json + "}";
}

std::string peak_json(const PeakHours& peak) {
  std::string hours;
  for (const PeakHours::Span& span : peak.hours) {
    hours += fmt::format("{}\"{}-{}\"", hours.empty() ? "" : ", ", clock_text(span.begin),
                         clock_text(span.end));
  }
  std::string holidays;
  for (const std::int64_t day : peak.holidays) {
    holidays += fmt::format("{}\"{}\"", holidays.empty() ? "" : ", ", day_text(day));
  }
  return fmt::format(", \"peak\": {{\"times\": \"{}\", \"utc\": [{}]{}{}}}", ratio_text(peak.times),
                     hours, peak.weekdays_only ? ", \"weekdays_only\": true" : "",
                     holidays.empty() ? "" : ", \"holidays\": [" + holidays + "]");
}

std::string fees_json(const PriceVersion& version) {
  std::string json;
  const auto add = [&](std::string_view name, std::int64_t nanos) {
    if (nanos != 0) {
      json += fmt::format("{}\"{}\": \"{}\"", json.empty() ? "" : ", ", name, dollars_text(nanos));
    }
  };
  add("request", version.per_request.nanos());
  add("web_search", version.web_search.count() / 1000);
  add("file_search", version.file_search.count() / 1000);
  return json.empty() ? json : ", \"fees_usd\": {" + json + "}";
}

std::string row_json(const PriceList& list, const PriceVersion& version) {
  std::string models;
  for (const std::string& model : list.models) {
    models += (models.empty() ? "" : ", ") + quoted(model);
  }
  std::string json = "{\"models\": [" + models + "]";
  if (version.from != kAlways) {
    json += ", \"from\": \"" + from_text(version.from) + "\"";
  }
  json += ", \"checked\": " + quoted(version.checked) + ", \"source\": " + quoted(version.source);
  json += version.pinned ? ", \"pinned\": true" : "";
  if (version.output_max != Tokens(0)) {
    json += fmt::format(", \"output_max\": {}", version.output_max.count());
  }
  json += ", " + levels_json(version.standard);
  json += version.fast.empty() ? "" : ", \"fast\": {" + levels_json(version.fast) + "}";
  json += tiers_json(version);
  json += version.us ? ", \"us_times\": \"" + ratio_text(*version.us) + "\"" : "";
  json += version.regional ? ", \"regional_times\": \"" + ratio_text(*version.regional) + "\"" : "";
  json += version.peak ? peak_json(*version.peak) : "";
  return json + fees_json(version) + "}";
}

/// Figures of one version; `when` stands before each.
class Figures {
 public:
  explicit Figures(std::vector<Figure>& out, std::string when)
      : out_(out), when_(std::move(when)) {}

  void add(std::string_view what, std::string value) {
    out_.push_back({when_ + std::string(what), std::move(value)});
  }
  void add(std::string_view which, const Levels& levels) {
    for (const Level& level : levels) {
      const std::string where = level.above < Tokens(0)
                                    ? std::string(which)
                                    : fmt::format("{}above {}, ", which, level.above.count());
      for (std::size_t i = 0; i < kTokenClasses; ++i) {
        if (is_said(level.card, i)) {
          add(where + std::string(to_string(static_cast<TokenClass>(i))), rate_text(level.card[i]));
        }
      }
    }
  }

 private:
  std::vector<Figure>& out_;
  std::string when_;
};

void add_figures(const PriceVersion& version, std::vector<Figure>& out) {
  Figures figures(out, version.from == kAlways ? "" : "from " + from_text(version.from) + ", ");
  figures.add("", version.standard);
  figures.add("fast, ", version.fast);
  for (std::size_t i = 0; i < kServiceTiers; ++i) {
    if (const auto& tier = version.tiers[i]) {
      const std::string name(to_string(static_cast<ServiceTier>(i)));
      if (tier->times != Ratio{}) {
        figures.add(name + " times", ratio_text(tier->times));
      }
      figures.add(name + ", ", tier->own);
    }
  }
  if (version.us) {
    figures.add("us times", ratio_text(*version.us));
  }
  if (version.regional) {
    figures.add("regional times", ratio_text(*version.regional));
  }
  if (version.peak) {
    figures.add("peak", peak_json(*version.peak).substr(2));
  }
  if (version.per_request != Amount()) {
    figures.add("request", dollars_text(version.per_request.nanos()));
  }
  if (version.web_search != Rate(0)) {
    figures.add("web_search", dollars_text(version.web_search.count() / 1000));
  }
  if (version.file_search != Rate(0)) {
    figures.add("file_search", dollars_text(version.file_search.count() / 1000));
  }
}

}  // namespace

std::string rate_text(Rate rate) {
  return decimal_text(rate.count(), 6);
}

std::string price_file_text(std::span<const PriceList> lists) {
  std::string rows;
  for (const PriceList& list : lists) {
    INVARIANT(list.provider == lists.front().provider, "a price file is of one provider");
    for (const PriceVersion& version : list.versions) {
      rows += (rows.empty() ? "\n    " : ",\n    ") + row_json(list, version);
    }
  }
  return "{\n  \"provider\": " + quoted(lists.empty() ? "" : lists.front().provider) +
         ",\n  \"rows\": [" + rows + "\n  ]\n}\n";
}

std::vector<Figure> figures(const PriceList& list) {
  std::vector<Figure> all;
  for (const PriceVersion& version : list.versions) {
    add_figures(version, all);
  }
  return all;
}

}  // namespace purser
