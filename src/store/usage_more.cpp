// store/usage_more.cpp — one table of names, for writing and for reading.
#include "store/usage_more.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/json_text.hpp"

namespace purser {
namespace {

struct TokenName {
  std::string_view name;
  Tokens Usage::* tokens;
};
/// Those that have a column of their own stand first.
constexpr std::array kTokens{
    TokenName{"uncached", &Usage::input_uncached},
    TokenName{"cache_read", &Usage::cache_read},
    TokenName{"cache_write_short", &Usage::cache_write_short},
    TokenName{"cache_write_long", &Usage::cache_write_long},
    TokenName{"output", &Usage::output},
    TokenName{"reasoning", &Usage::reasoning},
    TokenName{"audio_in", &Usage::audio_in},
    TokenName{"audio_cached", &Usage::audio_cached},
    TokenName{"audio_out", &Usage::audio_out},
    TokenName{"image_in", &Usage::image_in},
    TokenName{"image_out", &Usage::image_out},
    TokenName{"video_in", &Usage::video_in},
};
constexpr std::size_t kRareTokens = 6;

struct CountName {
  std::string_view name;
  std::int64_t Usage::* count;
};
constexpr std::array kCounts{
    CountName{"web_searches", &Usage::web_searches},
    CountName{"web_fetches", &Usage::web_fetches},
    CountName{"file_searches", &Usage::file_searches},
};
constexpr std::size_t kRareCounts = 1;

/// What is not zero, from these places of the two tables on.
void write_counts(JsonObject& object, const Usage& usage, std::size_t tokens, std::size_t counts) {
  for (; tokens < kTokens.size(); ++tokens) {
    if (const Tokens used = usage.*kTokens[tokens].tokens; used != Tokens(0)) {
      object.number(kTokens[tokens].name, used.count());
    }
  }
  for (; counts < kCounts.size(); ++counts) {
    if (const std::int64_t used = usage.*kCounts[counts].count; used != 0) {
      object.number(kCounts[counts].name, used);
    }
  }
}

bool has_rare(const Usage& usage) {
  return std::any_of(kTokens.begin() + kRareTokens, kTokens.end(),
                     [&](const TokenName& one) { return usage.*one.tokens != Tokens(0); }) ||
         std::any_of(kCounts.begin() + kRareCounts, kCounts.end(),
                     [&](const CountName& one) { return usage.*one.count != 0; });
}

std::string parts_text(const std::vector<Pass>& parts) {
  std::string json = "[";
  for (const Pass& part : parts) {
    json += json.size() > 1 ? "," : "";
    JsonObject object(json);
    if (!part.model.empty()) {
      object.text("model", part.model);
    }
    write_counts(object, part.usage, 0, 0);
    object.finish();
  }
  return json += ']';
}

using Object = simdjson::dom::object;

void read_counts(const Object& object, Usage& usage) {
  const auto read = [&](std::string_view name, auto keep) {
    std::int64_t number = 0;
    if (object[name].get(number) == simdjson::SUCCESS) {
      keep(number);
    }
  };
  for (const TokenName& one : kTokens) {
    read(one.name, [&](std::int64_t number) { usage.*one.tokens = Tokens(number); });
  }
  for (const CountName& one : kCounts) {
    read(one.name, [&](std::int64_t number) { usage.*one.count = number; });
  }
}

}  // namespace

void write_usage_more(std::string& json, const SettleEntry& entry) {
  json.clear();
  if (entry.parts.empty() && entry.units == 0 && !has_rare(entry.usage)) {
    return;
  }
  JsonObject object(json);
  write_counts(object, entry.usage, kRareTokens, kRareCounts);
  if (entry.units != 0) {
    object.number("units", entry.units);
  }
  if (!entry.parts.empty()) {
    object.raw("passes", parts_text(entry.parts));
  }
  object.finish();
}

Result<void> read_usage_more(const std::string& json, Usage& usage, std::vector<Pass>& parts) {
  parts.clear();
  if (json.empty()) {
    return {};
  }
  simdjson::dom::parser parser;
  Object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) {
    return fail(Fault::store, "a call's usage_more is no JSON object");
  }
  read_counts(object, usage);
  simdjson::dom::array passes;
  if (object["passes"].get(passes) != simdjson::SUCCESS) {
    return {};
  }
  for (const simdjson::dom::element element : passes) {
    Object pass;
    if (element.get(pass) != simdjson::SUCCESS) {
      return fail(Fault::store, "a pass in a call's usage_more is no JSON object");
    }
    std::string_view model;
    Pass& part = parts.emplace_back();
    if (pass["model"].get(model) == simdjson::SUCCESS) {
      part.model = model;
    }
    read_counts(pass, part.usage);
  }
  return {};
}

}  // namespace purser
