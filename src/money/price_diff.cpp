// money/price_diff.cpp — figures of both sides, matched by what they are the price of.
#include "money/price_diff.hpp"

#include <fmt/format.h>

#include <map>

#include "money/price_text.hpp"

namespace purser {
namespace {

struct Sides {
  const PriceList* before = nullptr;
  const PriceList* after = nullptr;
};

std::vector<Figure> figures_of(const PriceList* list) {
  return list == nullptr ? std::vector<Figure>() : figures(*list);
}

std::optional<std::string> value_of(const std::vector<Figure>& in, std::string_view what) {
  for (const Figure& figure : in) {
    if (figure.what == what) {
      return figure.value;
    }
  }
  return std::nullopt;
}

void diff(const Sides& sides, std::vector<PriceChange>& changes) {
  const PriceList& named = sides.after != nullptr ? *sides.after : *sides.before;
  const auto before = figures_of(sides.before);
  const auto after = figures_of(sides.after);
  const auto add = [&](const std::string& what) {
    PriceChange change{.provider = named.provider,
                       .model = named.models.front(),
                       .what = what,
                       .before = value_of(before, what),
                       .after = value_of(after, what)};
    if (change.before != change.after) {
      changes.push_back(std::move(change));
    }
  };
  for (const Figure& figure : after) {
    add(figure.what);
  }
  for (const Figure& figure : before) {
    if (!value_of(after, figure.what)) {
      add(figure.what);
    }
  }
}

}  // namespace

std::vector<PriceChange> diff_prices(const std::vector<const PriceList*>& before,
                                     const std::vector<const PriceList*>& after) {
  std::map<std::pair<std::string_view, std::string_view>, Sides> models;
  for (const PriceList* list : before) {
    models[{list->provider, list->models.front()}].before = list;
  }
  for (const PriceList* list : after) {
    models[{list->provider, list->models.front()}].after = list;
  }
  std::vector<PriceChange> changes;
  for (const auto& [name, sides] : models) {
    diff(sides, changes);
  }
  return changes;
}

std::string to_text(const std::vector<PriceChange>& changes) {
  std::string text;
  for (const PriceChange& change : changes) {
    const char mark = !change.before ? '+' : !change.after ? '-' : '~';
    const std::string values = change.before && change.after
                                   ? *change.before + " → " + *change.after
                                   : change.before.value_or(change.after.value_or(""));
    text +=
        fmt::format("{} {} {}: {} {}\n", mark, change.provider, change.model, change.what, values);
  }
  return text;
}

}  // namespace purser
