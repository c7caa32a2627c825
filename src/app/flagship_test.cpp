// app/flagship_test.cpp — twelve models whose prices four catalogues were read for, side by side:
// our book says what the table says, or it is listed here why it does not.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "app/data_file.hpp"
#include "app/policy.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

namespace json = boost::json;

constexpr std::string_view kSlack =
    "OpenAI says \"more than 272K\"; the table begins one token earlier";
constexpr std::string_view kGrok =
    "xAI's own list, as read on 2026-11-15, and LiteLLM say 0.5; genai-prices' 0.3 is older";

/// "model: question" → why ours is the right answer. One that no longer differs fails the test.
const std::map<std::string, std::string_view, std::less<>> kListed{
    {"gpt-5.6-sol: input of 272000", kSlack},       {"gpt-5.6-sol: output behind 272000", kSlack},
    {"gpt-5.4: input of 272000", kSlack},           {"gpt-5.4: output behind 272000", kSlack},
    {"gpt-5.6-sol: cache_read of 272000", kSlack},  {"gpt-5.4: cache_read of 272000", kSlack},
    {"gpt-5.6-sol: cache_write of 272000", kSlack}, {"grok-4.5: cache_read of 10000", kGrok},
    {"grok-4.5: cache_read of 199999", kGrok},      {"grok-4.5: cache_read of 200000", kGrok},
    {"grok-4.5: cache_read of 200001", kGrok},      {"grok-4.5: cache_read of 271999", kGrok},
    {"grok-4.5: cache_read of 272000", kGrok},      {"grok-4.5: cache_read of 272001", kGrok},
};

/// A class of the table, and where it stands in a usage.
struct Class {
  std::string_view name;
  std::string_view tiers;
  Tokens Usage::* tokens;
};
constexpr std::array kInputs{
    Class{"input", "input_mtok", &Usage::input_uncached},
    Class{"cache_read", "cache_read_mtok", &Usage::cache_read},
    Class{"cache_write", "cache_write_mtok", &Usage::cache_write_short},
    Class{"cache_write_1h", "cache_write_1h_mtok", &Usage::cache_write_long},
};

/// Dollars a million of `name` for a prompt of so many tokens; nothing where the table is silent.
std::optional<double> table_rate(const json::value& row, const Class& one, std::int64_t prompt) {
  const json::value& rates = row.at("usd_per_mtok");
  if (rates.at(one.name).is_null()) {
    return std::nullopt;
  }
  double rate = rates.at(one.name).to_number<double>();
  const json::object* tiers = rates.at("tiers").if_object();
  if (tiers != nullptr && tiers->contains(one.tiers)) {
    for (const json::value& tier : tiers->at(one.tiers).at("tiers").as_array()) {
      if (prompt > tier.at("start").to_number<std::int64_t>()) {
        rate = tier.at("price").to_number<double>();
      }
    }
  }
  return rate;
}

std::int64_t nanos_of(std::int64_t tokens, double usd_per_mtok) {
  return std::llround(static_cast<double>(tokens) * usd_per_mtok * 1000);
}

class Flagship {
 public:
  Flagship(const PriceBook& book, const json::value& row)
      : row_(row), model_(row.at("model").as_string()) {
    const std::string_view provider = row.at("provider").as_string();
    list_ = book.find(provider == "x-ai" ? "xai" : provider, model_);
  }
  bool known() const { return list_ != nullptr; }
  const std::string& model() const { return model_; }

  void ask(const std::string& question, const Usage& usage, std::int64_t theirs) {
    // Off-peak: the table has one price a day.
    const Conditions noon{.at = parse_rfc3339("2026-11-23T12:00:00Z").value()};
    const std::int64_t ours = cost(*list_, usage, noon).nanos();
    ++asked;
    if (ours != theirs) {
      const std::string name = model_ + ": " + question;
      differs.insert(name);
      EXPECT_TRUE(kListed.contains(name)) << name << ": ours " << ours << ", theirs " << theirs;
    }
  }
  void ask_classes(std::int64_t prompt) {
    const std::string size = std::to_string(prompt);
    for (const Class& one : kInputs) {
      Usage usage;
      usage.*one.tokens = Tokens(prompt);
      if (const auto rate = table_rate(row_, one, prompt)) {
        ask(std::string(one.name) + " of " + size, usage, nanos_of(prompt, *rate));
      }
    }
    const Class output{"output", "output_mtok", &Usage::output};
    Usage usage;
    usage.input_uncached = Tokens(prompt);
    usage.output = Tokens(1000);
    ask("output behind " + size, usage,
        nanos_of(prompt, table_rate(row_, kInputs[0], prompt).value()) +
            nanos_of(1000, table_rate(row_, output, prompt).value()));
  }

  int asked = 0;
  std::set<std::string> differs;

 private:
  const json::value& row_;
  std::string model_;
  const PriceList* list_ = nullptr;
};

TEST(Flagships, CostWhatTheTableSaysOrAreListed) {
  const char* named = std::getenv("PURSER_DATA");
  const std::filesystem::path folder =
      named != nullptr ? named : PURSER_SOURCE_DIR "/../shared/data";
  const auto file = folder / "prices/flagship_12.json";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "no data at " << file;
  }
  const json::value rows = json::parse(read_data_file(file).value());
  const PriceBook book = read_prices({}).value();
  std::set<std::string> differs;
  int asked = 0;
  for (const json::value& row : rows.as_array()) {
    Flagship flagship(book, row);
    ASSERT_TRUE(flagship.known()) << flagship.model();
    Usage example;
    example.input_uncached = Tokens(10'000);
    example.output = Tokens(1'000);
    flagship.ask("the example", example,
                 nanos_of(1'000'000, row.at("example_10k_in_1k_out_usd").to_number<double>()));
    for (const std::int64_t prompt :
         {10'000, 199'999, 200'000, 200'001, 271'999, 272'000, 272'001}) {
      flagship.ask_classes(prompt);
    }
    asked += flagship.asked;
    differs.merge(flagship.differs);
  }
  for (const auto& [name, why] : kListed) {
    EXPECT_TRUE(differs.contains(name)) << name << " no longer differs: " << why;
  }
  EXPECT_EQ(rows.as_array().size(), 12U);
  EXPECT_GT(asked, 300);
}

}  // namespace
}  // namespace purser
