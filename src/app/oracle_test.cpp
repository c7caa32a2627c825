// app/oracle_test.cpp — what others say a recorded usage costs (pydantic/genai-prices' own test
// set): our meters and our book say the same, or it is listed here why they do not.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "app/data_file.hpp"
#include "app/policy.hpp"
#include "money/price_list.hpp"
#include "wire/known_providers.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

namespace json = boost::json;

/// The dialects whose answers we meter, as that test set names them.
struct Flavor {
  std::string_view provider;
  std::string_view api;
  Dialect dialect;
};
constexpr std::array kFlavors{Flavor{"openai", "chat", Dialect::chat},
                              Flavor{"openai", "responses", Dialect::responses},
                              Flavor{"openai", "embeddings", Dialect::embeddings},
                              Flavor{"anthropic", "default", Dialect::messages},
                              Flavor{"google", "default", Dialect::gemini}};

/// Recording → why our cost is the right one. One that no longer differs fails the test.
using Reasons = std::map<std::string, std::string_view, std::less<>>;
const Reasons& listed() {
  constexpr std::string_view kSearches = "web searches cost $10 a thousand; theirs leaves them out";
  constexpr std::string_view kPasses =
      "usage.iterations bills every pass, the advisor's at its own rates; theirs reads the top "
      "only";
  constexpr std::string_view kCheaper = "priced before the model became cheaper";
  static const Reasons kListed{
      {"test_pause_turn_web_search_vcr", kSearches},
      {"test_anthropic_web_search_tool", kSearches},
      {"test_anthropic_text_parts_ahead_of_built_in_tool_call", kSearches},
      {"test_anthropic_compaction_end_to_end", kPasses},
      {"test_anthropic_advisor_tool_message_replay", kPasses},
      {"test_anthropic_advisor_tool_redacted", kPasses},
      {"test_openai_chat_prompt_cache_e2e", kCheaper},
      {"test_openai_responses_reasoning_mode_pro", kCheaper},
      {"test_azure_responses_reasoning_context_default_wire_contract[gpt-5.6-sol]", kCheaper},
      {"test_openai_audio_url_input", "audio input has its own rate; theirs bills it as text"},
  };
  return kListed;
}

/// ".../test_x.yaml" → "test_x"
std::string recording_of(const json::value& body) {
  return std::filesystem::path(std::string(body.at("file").as_string())).stem().string();
}

std::filesystem::path data_folder() {
  const char* named = std::getenv("PURSER_DATA");
  return named != nullptr ? named : PURSER_SOURCE_DIR "/../shared/data";
}

/// "0.0090519", "9E-7" US dollars in nanodollars, rounded half up.
std::int64_t nanos_of(const json::value& dollars) {
  return static_cast<std::int64_t>(std::stold(std::string(dollars.as_string())) * 1e9L + 0.5L);
}

Amount our_cost(const PriceBook& book, const Flavor& flavor, const std::string& model,
                const json::value& body) {
  const auto meter = make_meter(flavor.dialect, {.quirks = quirks_of(flavor.provider)});
  std::string unused;
  meter->see(json::serialize(body), unused);
  Reply reply = meter->finish(true, unused);
  if (reply.passes.empty()) {
    reply.passes.push_back({.model = model, .usage = reply.usage});
  }
  Amount total;
  for (const Pass& pass : reply.passes) {
    const PriceList* list = book.find(flavor.provider, pass.model.empty() ? model : pass.model);
    EXPECT_NE(list, nullptr) << pass.model;
    total += cost(*list, pass.usage,
                  {.tier = reply.tier.value_or(ServiceTier::standard),
                   .speed = reply.speed,
                   .geo = reply.geo,
                   .region = {},
                   .at = parse_rfc3339("2026-11-23").value()});
  }
  return total;
}

/// Retired before the book begins, open weights that OpenAI itself does not serve, or a model of
/// images that the book does not have.
const std::set<std::string> kUnknown{"computer-use-preview-2025-03-11", "gemini-2.5-flash-image",
                                     "gpt-4.5-preview-2025-02-27", "gpt-oss-120b",
                                     "o1-mini-2024-09-12"};

TEST(Oracle, PricesRecordedUsagesAsOthersDoOrIsListed) {
  const auto file = data_folder() / "prices/genai_oracle/usages_47df840a.json.zst";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "no data at " << file;
  }
  const json::value cases = json::parse(read_data_file(file).value());
  const PriceBook book = read_prices({}).value();
  std::set<std::string> differs;
  int equal = 0;
  std::set<std::string> unknown;
  for (const json::value& each : cases.as_array()) {
    for (const json::value& extracted : each.at("extracted").as_array()) {
      for (const json::value& by : extracted.at("extractors").as_array()) {
        const auto flavor = std::ranges::find_if(kFlavors, [&](const Flavor& one) {
          return by.at("provider_id").as_string() == one.provider &&
                 by.at("api_flavor").as_string() == one.api;
        });
        if (flavor == kFlavors.end() || by.as_object().if_contains("input_price") == nullptr) {
          continue;
        }
        const std::string model(each.at("model").as_string());
        const bool embeds = model.starts_with("text-embedding");
        if (embeds != (flavor->dialect == Dialect::embeddings)) {
          continue;  // chat's usage has all that theirs looks for in an embedding's
        }
        if (book.find(flavor->provider, model) == nullptr) {
          unknown.insert(model);
          continue;
        }
        const std::int64_t theirs =
            nanos_of(by.at("input_price")) + nanos_of(by.at("output_price"));
        const std::int64_t ours = our_cost(book, *flavor, model, each.at("body")).nanos();
        // Theirs is the sum of two roundings.
        if (std::abs(ours - theirs) <= 1) {
          ++equal;
          continue;
        }
        const std::string recording = recording_of(each.at("body"));
        differs.insert(recording);
        EXPECT_TRUE(listed().contains(recording))
            << recording << ": ours " << ours << ", theirs " << theirs << " for "
            << json::serialize(each.at("body"));
      }
    }
  }
  for (const auto& [recording, why] : listed()) {
    EXPECT_TRUE(differs.contains(recording)) << recording << " no longer differs: " << why;
  }
  EXPECT_GT(equal, 100);
  RecordProperty("equal", equal);
  EXPECT_EQ(unknown, kUnknown) << "models without a price are refused, never free";
}

}  // namespace
}  // namespace purser
