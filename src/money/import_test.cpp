// money/import_test.cpp — catalogues taken over, compared, questioned; and none of it by accident.
#include "money/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "money/builtin_prices.hpp"
#include "money/import_plan.hpp"
#include "money/json_tree.hpp"
#include "money/price_file.hpp"
#include "money/price_text.hpp"

namespace purser {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Catalogue kOrigin{.source = "a catalogue", .checked = "2026-11-23"};
constexpr std::string_view kToday = "2026-11-23";

Imported litellm(std::string_view models) {
  auto imported = import_litellm("{" + std::string(models) + "}", kOrigin);
  EXPECT_TRUE(imported) << (imported ? "" : imported.error().message);
  return imported.value_or(Imported());
}

Imported genai(std::string_view models) {
  auto imported =
      import_genai(R"([{"id": "x-ai", "models": [)" + std::string(models) + "]}]", kOrigin);
  EXPECT_TRUE(imported) << (imported ? "" : imported.error().message);
  return imported.value_or(Imported());
}

std::vector<std::string> said(const PriceList& list) {
  std::vector<std::string> lines;
  for (const Figure& figure : figures(list)) {
    lines.push_back(figure.what + " " + figure.value);
  }
  return lines;
}

PriceBook book_of(std::vector<PriceList> lists) {
  return PriceBook::parse({{"p.json", price_file_text(lists)}}).value();
}

TEST(JsonTree, KeepsNumbersAsTheyWereWritten) {
  const auto tree = read_json_tree(R"({"a": 2.5e-06, "b": [1.10, null, true, "x\n"]})").value();
  EXPECT_EQ(tree.find("a")->text, "2.5e-06");
  EXPECT_EQ(tree.find("b")->items[0].text, "1.10");
  EXPECT_EQ(tree.find("b")->items[1].kind, JsonTree::Kind::nothing);
  EXPECT_EQ(tree.find("b")->items[2].text, "true");
  EXPECT_EQ(tree.find("b")->items[3].text, "x\n");
  EXPECT_EQ(tree.find("c"), nullptr);
}

TEST(JsonTree, RefusesWhatIsNoDocument) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[1,]"), std::string(R"({"a" 1})"),
        std::string("{} {}"), std::string("[tru]"), std::string("[nul]"), std::string("[npi]"),
        std::string(100, '['), std::string("1")}) {
    EXPECT_FALSE(read_json_tree(text)) << text;
  }
}

TEST(LiteLlm, ReadsEveryKeyOfItsGrammar) {
  const auto imported = litellm(R"("xai/m": {"litellm_provider": "xai", "max_output_tokens": 64e3,
      "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
      "cache_read_input_token_cost": 2.5e-07, "cache_creation_input_token_cost": 3.125e-6,
      "cache_creation_input_token_cost_above_1hr": 5e-6,
      "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1e-5,
      "input_cost_per_token_above_200k_tokens": 5e-6, "input_cost_per_audio_token": 4e-5,
      "input_cost_per_token_priority": 5e-6,
      "input_cost_per_token_above_200k_tokens_priority": 1e-5,
      "provider_specific_entry": {"us": 1.1, "fast": 2.0},
      "regional_processing_uplift_multiplier_eu": 1.1,
      "search_context_cost_per_query": {"search_context_size_low": 0.005,
                                        "search_context_size_high": 0.012}})");
  ASSERT_EQ(imported.lists.size(), 1U);
  EXPECT_THAT(imported.remarks, IsEmpty());
  const PriceList& list = imported.lists.front();
  EXPECT_EQ(list.provider, "xai");
  EXPECT_THAT(list.models, ElementsAre("m"));
  EXPECT_EQ(list.versions.front().output_max, Tokens(64'000));
  EXPECT_FALSE(list.versions.front().pinned);
  const auto lines = said(list);
  for (const char* line :
       {"input 2.5", "cache_read 0.25", "cache_write_short 3.125", "cache_write_long 5",
        "output 10", "audio_in 40", "above 200000, input 5", "above 200000, cache_write_long 10",
        "above 200000, output 10", "priority, input 5", "priority, output 10",
        "priority, above 200000, input 10", "us times 1.1", "regional times 1.1", "fast, input 5",
        "web_search 0.012"}) {
    EXPECT_THAT(lines, ::testing::Contains(line));
  }
}

TEST(LiteLlm, LeavesOutWhatItCannotSayAndSaysSo) {
  const auto imported = litellm(R"("sample_spec": {"input_cost_per_token": 1},
      "image": {"litellm_provider": "openai", "output_cost_per_image": 0.04},
      "rough": {"litellm_provider": "openai", "input_cost_per_token": 2.9999900000000002e-6},
      "dear": {"litellm_provider": "openai", "input_cost_per_token": 2.5},
      "minus": {"litellm_provider": "openai", "input_cost_per_token": -1e-6},
      "nobody": {"input_cost_per_token": 1e-6},
      "thinks": {"litellm_provider": "openai", "input_cost_per_token": 1e-6,
                 "output_cost_per_token": 2e-6, "output_cost_per_reasoning_token": 3e-6})");
  ASSERT_EQ(imported.lists.size(), 1U);
  EXPECT_EQ(imported.lists.front().models.front(), "thinks");
  ASSERT_EQ(imported.remarks.size(), 6U);
  EXPECT_THAT(imported.remarks[0].why, HasSubstr("not priced by the token"));
  EXPECT_THAT(imported.remarks[1].why, HasSubstr("2.9999900000000002e-6 is no price"));
  EXPECT_THAT(imported.remarks[5].why, HasSubstr("output_cost_per_reasoning_token is left out"));
}

TEST(GenAi, ReadsDaysStepsAndHours) {
  const auto imported = genai(R"({"id": "m", "match": {"or": [{"equals": "m-alias"},
      {"starts_with": "mm"}, {"contains": "anything"}]}, "prices": [
      {"prices": {"input_mtok": {"base": 5, "tiers": [{"start": 271999, "price": 10}]},
                  "output_mtok": 30, "web_searches_kcount": 10, "requests_kcount": 5}},
      {"constraint": {"type": "start_date", "start_date": "2026-08-21"},
       "prices": {"input_mtok": 0.22, "cache_read_mtok": 0.007, "output_mtok": 0.66}},
      {"constraint": {"type": "time_of_date", "start_time": "01:00:00Z", "end_time": "04:00:00Z"},
       "prices": {"input_mtok": 0.44, "cache_read_mtok": 0.014, "output_mtok": 1.32}}]})");
  ASSERT_EQ(imported.lists.size(), 1U);
  EXPECT_EQ(imported.lists.front().provider, "xai");
  EXPECT_THAT(imported.lists.front().models, ElementsAre("m", "m-alias", "mm"));
  EXPECT_THAT(
      said(imported.lists.front()),
      ElementsAre("input 5", "output 30", "above 271999, input 10", "above 271999, output 30",
                  "request 0.005", "web_search 0.01", "from 2026-08-21, input 0.22",
                  "from 2026-08-21, cache_read 0.007", "from 2026-08-21, output 0.66",
                  R"(from 2026-08-21, peak "peak": {"times": "2", "utc": ["01:00-04:00"]})"));
}

TEST(GenAi, LeavesOutHoursThatAreNotOneFactor) {
  const auto imported = genai(R"({"id": "m", "prices": [
      {"prices": {"input_mtok": 1, "output_mtok": 2}},
      {"constraint": {"type": "time_of_date", "start_time": "01:00:00Z", "end_time": "04:00:00Z"},
       "prices": {"input_mtok": 2, "output_mtok": 3}}]}, {"id": "n", "prices": {}})");
  ASSERT_EQ(imported.lists.size(), 1U);
  ASSERT_EQ(imported.remarks.size(), 2U);
  EXPECT_THAT(imported.remarks[0].why, HasSubstr("not one factor"));
  EXPECT_THAT(imported.remarks[1].why, HasSubstr("not priced by the token"));
}

TEST(PriceText, IsReadBackAsTheSameBook) {
  for (const PriceBook::File& file : builtin_prices()) {
    const auto lists = read_price_file(file.content).value();
    const auto again = read_price_file(price_file_text(lists));
    ASSERT_TRUE(again) << file.name << ": " << again.error().message;
    EXPECT_TRUE(*again == lists) << file.name;
  }
}

TEST(PriceDiff, NamesEachPriceThatIsNotTheSame) {
  const auto before = genai(R"({"id": "a", "prices": {"input_mtok": 5, "output_mtok": 30}},
                               {"id": "gone", "prices": {"input_mtok": 1}})");
  const auto after = genai(R"({"id": "a", "prices": {"input_mtok": 4, "output_mtok": 30,
                               "cache_read_mtok": 0.4}},
                               {"id": "new", "prices": {"input_mtok": 2}})");
  const PriceBook old_book = book_of(before.lists);
  const PriceBook new_book = book_of(after.lists);
  EXPECT_EQ(to_text(diff_prices(old_book.lists(), new_book.lists())),
            "~ xai a: input 5 → 4\n"
            "+ xai a: cache_read 0.4\n"
            "- xai gone: input 1\n"
            "+ xai new: input 2\n");
  EXPECT_THAT(diff_prices(old_book.lists(), old_book.lists()), IsEmpty());
}

TEST(Questions, AreAskedOfAPriceAnOrderOfMagnitudeFromWhatItWas) {
  const auto before = genai(R"({"id": "a", "prices": {"input_mtok": 2.5, "output_mtok": 10}})");
  const PriceBook book = book_of(before.lists);
  const auto ask = [&](std::string_view input, std::string_view output) {
    return to_text(
        questions(book, genai(R"({"id": "a", "prices": {"input_mtok": )" + std::string(input) +
                              R"(, "output_mtok": )" + std::string(output) + "}}")
                            .lists));
  };
  EXPECT_EQ(ask("25", "1"), "") << "ten times is in line";
  EXPECT_THAT(ask("25.1", "10"), HasSubstr("xai a: input 25.1, what it was 2.5"));
  EXPECT_THAT(ask("2.5", "0.99"), HasSubstr("output 0.99, what it was 10"));
  EXPECT_THAT(ask("0", "10"), HasSubstr("input 0, what it was 2.5"));
}

TEST(Questions, AreAskedOfANewModelFarFromAllOthers) {
  const PriceBook book = PriceBook::parse(builtin_prices()).value();
  const auto ask =
      [&](std::string_view input, std::string_view output) {
        return questions(book, litellm(R"("gpt-9": {"litellm_provider": "openai",
        "input_cost_per_token": )" + std::string(input) +
                                       R"(, "output_cost_per_token": )" + std::string(output) + "}")
                                   .lists);
      };
  EXPECT_THAT(ask("2e-6", "1e-5"), IsEmpty());
  EXPECT_FALSE(ask("2e-3", "1e-5").empty());
  EXPECT_FALSE(ask("2e-12", "1e-5").empty());
}

TEST(Import, KeepsPinnedRowsUnlessToldOtherwise) {
  auto lists = genai(R"({"id": "a", "prices": {"input_mtok": 5, "output_mtok": 30}})").lists;
  lists.front().versions.front().pinned = true;
  const PriceBook book = book_of(lists);
  const auto other = genai(R"({"id": "a", "prices": {"input_mtok": 4, "output_mtok": 20}},
                              {"id": "b", "prices": {"input_mtok": 4, "output_mtok": 20}})");
  const auto kept = plan_import(book, other.lists, kToday, {});
  ASSERT_EQ(kept.adopted.size(), 1U);
  EXPECT_EQ(kept.adopted.front().models.front(), "b");
  EXPECT_THAT(kept.kept, ElementsAre("xai/a"));
  const auto replaced = plan_import(book, other.lists, kToday, {.pinned = Pinned::replace});
  EXPECT_EQ(replaced.adopted.size(), 2U);
  EXPECT_THAT(replaced.kept, IsEmpty());
}

TEST(Import, LeavesThePastItsPrices) {
  const PriceBook book =
      book_of(genai(R"({"id": "a", "prices": {"input_mtok": 5, "output_mtok": 30}})").lists);
  const auto plan = plan_import(
      book, genai(R"({"id": "a", "prices": {"input_mtok": 4, "output_mtok": 20}})").lists, kToday,
      {});
  ASSERT_EQ(plan.adopted.size(), 1U);
  EXPECT_THAT(said(plan.adopted.front()),
              ElementsAre("input 5", "output 30", "from 2026-11-23, input 4",
                          "from 2026-11-23, output 20"));
  EXPECT_EQ(to_text(plan.changes),
            "+ xai a: from 2026-11-23, input 4\n+ xai a: from 2026-11-23, output 20\n");
  const auto again = plan_import(book_of(plan.adopted),
                                 genai(R"({"id": "a", "prices": {"input_mtok": 4,
                                           "output_mtok": 20}})")
                                     .lists,
                                 kToday, {});
  EXPECT_THAT(again.adopted, IsEmpty()) << "the same import twice changes nothing";
}

TEST(Import, RefusesDoubtfulPricesUnlessTheyAreConfirmed) {
  const PriceBook book =
      book_of(genai(R"({"id": "a", "prices": {"input_mtok": 5, "output_mtok": 30}})").lists);
  const auto typed = genai(R"({"id": "a", "prices": {"input_mtok": 0.000005, "output_mtok": 30}})");
  const auto refused = plan_import(book, typed.lists, kToday, {});
  EXPECT_THAT(refused.adopted, IsEmpty());
  ASSERT_EQ(refused.questions.size(), 1U) << "what is part of the input follows it";
  const auto confirmed = plan_import(book, typed.lists, kToday, {.doubtful = Doubtful::accept});
  EXPECT_EQ(confirmed.adopted.size(), 1U);
}

}  // namespace
}  // namespace purser
