// money/price_book_test.cpp — finding a model's prices, and refusing files that are not a book.
#include "money/price_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "money/price_file.hpp"

namespace purser {
namespace {

using ::testing::HasSubstr;

std::string row(std::string_view models, std::string_view input, std::string_view more = "") {
  return R"({"models": [)" + std::string(models) + R"(], "source": "s", "checked": "2026-11-01",
      "usd_per_mtok": {"input": ")" +
         std::string(input) + R"(", "output": "1"})" + std::string(more) + "}";
}

PriceBook::File file(std::string_view rows, std::string name = "prices/p.json") {
  return {std::move(name), R"({"provider": "p", "rows": [)" + std::string(rows) + "]}"};
}

std::string found(const PriceBook& book, std::string_view model) {
  const PriceList* list = book.find("p", model);
  return list == nullptr ? "" : list->models.front();
}

TEST(PriceBook, FindsAliasesAndDatedSnapshots) {
  const auto book = PriceBook::parse({file(row(R"("gpt-6", "gpt-6-alias")", "1") + "," +
                                           row(R"("gpt-6-mini")", "2") + "," +
                                           row(R"("gpt-6-2024-05-13")", "5"))})
                        .value();
  EXPECT_EQ(found(book, "gpt-6"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6-alias"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6-2026-11-17"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6-20261117"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6@20261117"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6-latest"), "gpt-6");
  EXPECT_EQ(found(book, "gpt-6-mini-2026-01-01"), "gpt-6-mini");
  EXPECT_EQ(found(book, "gpt-6-2024-05-13"), "gpt-6-2024-05-13") << "a snapshot of its own price";
}

TEST(PriceBook, AProviderMayBePricedAsAnotherAndItsNamesStandForModels) {
  auto book = PriceBook::parse(
                  {file(row(R"("gpt-6")", "1") + "," + row(R"("gpt-6-mini")", "2")),
                   {"q.json", R"({"provider": "q", "rows": [)" + row(R"("gpt-6")", "3") + "]}"}})
                  .value();
  const auto model = [&](std::string_view provider, std::string_view name) {
    const PriceList* list = book.find(provider, name);
    return list == nullptr ? "" : list->provider + '/' + list->models.front();
  };
  EXPECT_EQ(model("q", "gpt-6-mini"), "");
  book.price_as("q", {.provider = "p", .models = {{"prod", "gpt-6-mini"}}});
  EXPECT_EQ(model("q", "gpt-6"), "q/gpt-6") << "its own price comes first";
  EXPECT_EQ(model("q", "gpt-6-mini"), "p/gpt-6-mini");
  EXPECT_EQ(model("q", "prod"), "p/gpt-6-mini");
  EXPECT_EQ(model("q", "gpt-7"), "");
  EXPECT_EQ(model("p", "prod"), "") << "a name is its own provider's";

  book.price_as("lab", {.provider = "p", .models = {}, .free = true});
  EXPECT_EQ(model("lab", "gpt-6"), "p/gpt-6");
  const PriceList* free = book.find("lab", "anything");
  ASSERT_NE(free, nullptr);
  const Conditions now{.at = Instant::from_nanos(0)};
  EXPECT_EQ(cost(*free, {.input_uncached = Tokens(1'000'000), .output = Tokens(1'000'000)}, now),
            Amount());
  EXPECT_EQ(worst_rates(*free, Tokens(1'000'000), now).output, Rate());
}

TEST(PriceBook, NeverTakesAnUnknownModelForAKnownOne) {
  const auto book = PriceBook::parse({file(row(R"("gpt-6")", "1"))}).value();
  for (const char* model : {"gpt-6.3", "gpt-6-pro", "gpt-60", "gpt-6-", "gpt-6-2026", "gpt-6-1117",
                            "GPT-6", "gpt-", "", "-2026-11-17", "-latest", "gpt-6-2026-11-1x",
                            "gpt-6-3026-11-17", "gpt-6-2026-11-17-preview", "ft:gpt-6:me"}) {
    EXPECT_EQ(book.find("p", model), nullptr) << model;
  }
  EXPECT_EQ(book.find("q", "gpt-6"), nullptr);
}

TEST(PriceBook, ChoosesTheRowInForceOnTheDay) {
  const auto book = PriceBook::parse({file(row(R"("m")", "5") + "," +
                                           row(R"("m")", "4", R"(, "from": "2026-08-21")"))})
                        .value();
  const PriceList* list = book.find("p", "m");
  ASSERT_NE(list, nullptr);
  const auto million = [&](std::string_view at) {
    return cost(*list, {.input_uncached = Tokens(1'000'000)}, {.at = parse_rfc3339(at).value()});
  };
  EXPECT_EQ(million("1999-01-01"), Amount::from_dollars(5));
  EXPECT_EQ(million("2026-08-20T23:59:59.999Z"), Amount::from_dollars(5));
  EXPECT_EQ(million("2026-08-21"), Amount::from_dollars(4));
  EXPECT_EQ(million("2099-01-01"), Amount::from_dollars(4));
}

TEST(PriceBook, LetsALaterFileOverrideAnEarlierOne) {
  const auto book =
      PriceBook::parse({file(row(R"("m")", "5")), file(row(R"("m")", "4"), "own.json")}).value();
  EXPECT_EQ(book.find("p", "m")->versions.front().standard.front().card.front(), Rate(4'000'000));
  EXPECT_EQ(book.lists().size(), 1U);
}

TEST(PriceBook, TakesTheLongestAnswerOfAnyDay) {
  const auto book = PriceBook::parse({file(row(R"("m")", "5", R"(, "output_max": 64000)") + "," +
                                           row(R"("m")", "4", R"(, "from": "2026-08-21")"))})
                        .value();
  EXPECT_EQ(longest_output(*book.find("p", "m")), Tokens(64'000));
}

struct Mistake {
  std::string row;
  std::string_view says;
};

TEST(PriceFile, NamesTheRowAndWhatIsWrongWithIt) {
  const auto m = [](std::string_view more) { return row(R"("m")", "1", more); };
  const std::vector<Mistake> mistakes{
      {row("", "1"), "row 1: models: every row names at least one model"},
      {row(R"("m")", "2.5e3"), "must be a decimal"},
      {row(R"("m")", "-1"), "must be a decimal"},
      {row(R"("m")", "10001"), "is it a price per token?"},
      {row(R"("m")", "0.0000001"), "at most six decimals"},
      {m(R"(, "input": "1")"), "no such member here"},
      {m(R"(, "source": "again")"), "said twice"},
      {m(R"(, "us_times": 1.1)"), "expected a factor in quotes"},
      {m(R"(, "us_times": "0")"), "must be above 0"},
      {m(R"(, "us_times": "1.0001")"), "at most three decimals"},
      {m(R"(, "us_times": "20.001")"), "at most 20"},
      {m(R"(, "from": "tomorrow")"), "expected a date"},
      {m(R"(, "tiers": {"cheap": {"times": "2"}})"), "'cheap': expected priority"},
      {m(R"(, "tiers": {"fast": {"times": "2"}, "priority": {"times": "2"}})"), "each once"},
      {m(R"(, "above": [{"tokens": 10}])"), "expected growing sizes"},
      {m(R"(, "peak": {"times": "2", "utc": ["4-1"]})"), "expected hours"},
      {m(R"(, "peak": {"times": "2", "utc": ["04:00-01:00"]})"), "expected hours"},
      {m(R"(, "peak": {"times": "2", "utc": [], "holidays": ["x"]})"), "expected dates"},
      {m(R"(, "fees_usd": {"request": "-1"})"), "expected dollars from 0 to 100"},
      {m(R"(, "output_max": -1)"), "expected a number of tokens"},
      {row(R"("m")", "1") + "," + row(R"("m")", "2"), "stand in order of their days"},
      {row(R"("m")", "1") + "," + row(R"("m", "n")", "2"), "model 'm' is priced twice"},
  };
  for (const auto& [rows, says] : mistakes) {
    const auto book = PriceBook::parse({file(rows)});
    ASSERT_FALSE(book) << rows;
    EXPECT_THAT(book.error().message, HasSubstr(says)) << rows;
    EXPECT_THAT(book.error().message, HasSubstr("prices/p.json")) << rows;
  }
}

TEST(PriceFile, MustBeAnObjectWithAProviderAndRows) {
  for (const char* text : {"", "[]", "{}", "null", R"({"provider": "p"})", R"({"rows": []})",
                           R"({"provider": "", "rows": []})", R"({"provider": "p", "rows": [1]})",
                           R"({"provider": "p", "rows": [], "more": 1})"}) {
    EXPECT_FALSE(read_price_file(text)) << text;
  }
  EXPECT_TRUE(read_price_file(R"({"provider": "p", "rows": []})"));
}

}  // namespace
}  // namespace purser
