// money/import_rows.cpp — cards filled, providers renamed, names claimed once.
#include "money/import_rows.hpp"

#include <utility>

#include "money/price_file.hpp"
#include "money/price_text.hpp"

namespace purser {
namespace {

/// What is wrong with `list` as a row of ours; nothing when it reads back as it was.
std::optional<std::string> wrong_as_row(const PriceList& list) {
  const auto again = read_price_file(price_file_text({&list, 1}));
  if (!again) {
    return again.error().message;
  }
  return *again == std::vector{list} ? std::nullopt : std::optional<std::string>("odd values");
}

}  // namespace

Card fill_card(const SaidRates& said, const SaidRates& base) {
  INVARIANT(said[0] || base[0], "every card says what input costs");
  Card card;
  for (std::size_t i = 0; i < kTokenClasses; ++i) {
    std::size_t from = i;
    while (!said[from] && !base[from] && static_cast<TokenClass>(from) != TokenClass::output) {
      from = static_cast<std::size_t>(part_of(static_cast<TokenClass>(from)));
    }
    // An output that nobody names is an embedding's: there is none.
    card[i] = said[from] ? *said[from] : base[from].value_or(Rate(0));
  }
  return card;
}

std::string_view provider_name(std::string_view catalogues) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOurs{
      {{"gemini", "google"},
       {"x-ai", "xai"},
       {"zai", "zhipu"},
       {"zhipuai", "zhipu"},
       {"vercel_ai_gateway", "vercel-gateway"},
       {"moonshotai", "moonshot"},
       {"cohere_chat", "cohere"},
       {"together_ai", "together"},
       {"fireworks_ai", "fireworks"},
       {"fireworks_ai-embedding-models", "fireworks"},
       {"text-completion-openai", "openai"}}};
  for (const auto& [theirs, ours] : kOurs) {
    if (catalogues == theirs) {
      return ours;
    }
  }
  return catalogues;
}

void ImportedLists::add(PriceList list) {
  if (const auto wrong = wrong_as_row(list)) {
    return remark(list.provider, list.models.front(), *wrong);
  }
  std::vector<std::string> names;
  for (std::string& model : list.models) {
    if (taken_.insert(list.provider + '/' + model).second) {
      names.push_back(std::move(model));
    } else {
      remark(list.provider, model, "named before: the first of that name is kept");
    }
  }
  if (!names.empty()) {
    list.models = std::move(names);
    imported_.lists.push_back(std::move(list));
  }
}

void ImportedLists::remark(std::string_view provider, std::string_view model, std::string why) {
  imported_.remarks.push_back({std::string(provider), std::string(model), std::move(why)});
}

}  // namespace purser
