// money/price_questions.cpp — the last rows of a book, their medians, and what is far from both.
#include "money/price_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "money/price_text.hpp"

namespace purser {
namespace {

constexpr std::int64_t kFar = 10;

const Card& last_card(const PriceList& list) {
  return list.versions.back().standard.front().card;
}

Rate rate_of(const Card& card, TokenClass token_class) {
  return card[static_cast<std::size_t>(token_class)];
}

/// What only reads (embeddings) and what also writes are priced apart.
enum class Makes { nothing, text };
Makes kind_of(const Card& card) {
  return rate_of(card, TokenClass::output) == Rate(0) ? Makes::nothing : Makes::text;
}

bool out_of_line(Rate said, Rate usual) {
  if (said == Rate(0) || usual == Rate(0)) {
    return said != usual;
  }
  return said.count() / kFar > usual.count() || usual.count() / kFar > said.count();
}

/// The rates of every model, by provider ("" for all), kind and class.
class Medians {
 public:
  explicit Medians(const PriceBook& book) {
    for (const PriceList* list : book.lists()) {
      const Card& card = last_card(*list);
      for (std::size_t i = 0; i < kTokenClasses; ++i) {
        if (card[i] != Rate(0)) {
          rates_[{list->provider, kind_of(card), i}].push_back(card[i]);
          rates_[{"", kind_of(card), i}].push_back(card[i]);
        }
      }
    }
    for (auto& [key, rates] : rates_) {
      std::ranges::sort(rates);
    }
  }

  std::optional<Rate> of(std::string_view provider, Makes kind, std::size_t i) const {
    const auto found = rates_.find({std::string(provider), kind, i});
    return found == rates_.end() ? std::nullopt
                                 : std::optional(found->second[found->second.size() / 2]);
  }

 private:
  std::map<std::tuple<std::string, Makes, std::size_t>, std::vector<Rate>> rates_;
};

const PriceList* known(const PriceBook& book, const PriceList& list) {
  for (const std::string& model : list.models) {
    if (const PriceList* found = book.find(list.provider, model)) {
      return found;
    }
  }
  return nullptr;
}

/// Only costs what the class it is part of costs: the question is asked there.
bool follows(const Card& card, std::size_t i) {
  const auto same_as = [&](TokenClass whole) {
    const auto at = static_cast<std::size_t>(whole);
    return i != at && card[i] == card[at];
  };
  return same_as(TokenClass::input) ||
         (i != static_cast<std::size_t>(TokenClass::input) && same_as(TokenClass::output));
}

struct Usual {
  Rate rate;
  std::string_view beside;
};

/// What `said` is out of line with; nothing when it is not.
std::optional<Usual> far_from(const Medians& medians, const PriceList& list, const Card& card,
                              std::size_t i) {
  const auto own = medians.of(list.provider, kind_of(card), i);
  const auto all = medians.of("", kind_of(card), i);
  const bool far =
      (own || all) && (!own || out_of_line(card[i], *own)) && (!all || out_of_line(card[i], *all));
  if (!far) {
    return std::nullopt;
  }
  return own ? Usual{*own, "its provider's median"} : Usual{*all, "the median"};
}

void ask(const PriceBook& book, const Medians& medians, const PriceList& list,
         std::vector<Question>& asked) {
  const PriceList* before = known(book, list);
  for (const PriceVersion& version : list.versions) {
    const Card& card = version.standard.front().card;
    for (std::size_t i = 0; i < kTokenClasses; ++i) {
      std::optional<Usual> usual;
      if (follows(card, i)) {
        continue;
      }
      if (before == nullptr) {
        usual = far_from(medians, list, card, i);
      } else if (out_of_line(card[i], last_card(*before)[i])) {
        usual = Usual{last_card(*before)[i], "what it was"};
      }
      if (usual) {
        asked.push_back({.provider = list.provider,
                         .model = list.models.front(),
                         .token_class = static_cast<TokenClass>(i),
                         .said = card[i],
                         .usual = usual->rate,
                         .beside = std::string(usual->beside)});
      }
    }
  }
}

}  // namespace

std::vector<Question> questions(const PriceBook& book, const std::vector<PriceList>& lists) {
  const Medians medians(book);
  std::vector<Question> asked;
  for (const PriceList& list : lists) {
    ask(book, medians, list, asked);
  }
  return asked;
}

std::string to_text(const std::vector<Question>& asked) {
  std::string text;
  for (const Question& question : asked) {
    text += fmt::format("{} {}: {} {}, {} {}\n", question.provider, question.model,
                        to_string(question.token_class), rate_text(question.said), question.beside,
                        rate_text(question.usual));
  }
  return text;
}

}  // namespace purser
