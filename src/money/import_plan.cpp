// money/import_plan.cpp — first everything is decided, then nothing is written: the caller does
// that.
#include "money/import_plan.hpp"

#include <algorithm>

#include "money/price_text.hpp"

namespace purser {
namespace {

bool is_pinned(const PriceList& list) {
  return std::ranges::any_of(list.versions, &PriceVersion::pinned);
}

/// Leaves `list` the names that it may set.
void keep_pinned(const PriceBook& book, PriceList& list, std::vector<std::string>& kept) {
  std::erase_if(list.models, [&](const std::string& model) {
    const PriceList* found = book.find(list.provider, model);
    const bool stays = found != nullptr && is_pinned(*found);
    if (stays) {
      kept.push_back(list.provider + '/' + model);
    }
    return stays;
  });
}

/// The same prices, whoever says so.
bool same_prices(PriceVersion a, PriceVersion b) {
  for (PriceVersion* version : {&a, &b}) {
    version->from = Instant();
    version->source.clear();
    version->checked.clear();
    version->pinned = false;
    version->output_max = Tokens(0);
  }
  return a == b;
}

/// `list` after the days that `before` has, as of `today`. Nothing when no price changes.
std::optional<PriceList> following(const PriceList& before, PriceList list, Instant today) {
  if (list.versions.size() > 1) {
    return figures(before) == figures(list) ? std::nullopt : std::optional(std::move(list));
  }
  if (same_prices(before.at(today), list.versions.front())) {
    return std::nullopt;
  }
  std::vector<PriceVersion> versions;
  std::ranges::copy_if(before.versions, std::back_inserter(versions),
                       [&](const PriceVersion& version) { return version.from < today; });
  list.versions.front().from = today;
  versions.push_back(std::move(list.versions.front()));
  list.versions = std::move(versions);
  return list;
}

}  // namespace

ImportPlan plan_import(const PriceBook& book, std::vector<PriceList> imported,
                       std::string_view today, ImportRules rules) {
  ImportPlan plan;
  const Instant from = parse_rfc3339(today).value_or(Instant());
  std::vector<const PriceList*> before;
  for (PriceList& list : imported) {
    if (rules.pinned == Pinned::keep) {
      keep_pinned(book, list, plan.kept);
    }
    if (list.models.empty()) {
      continue;
    }
    const PriceList* known = book.find(list.provider, list.models.front());
    auto asked = questions(book, {list});
    const bool doubtful = !asked.empty();
    std::ranges::move(asked, std::back_inserter(plan.questions));
    if (doubtful && rules.doubtful == Doubtful::refuse) {
      continue;
    }
    auto adopted = known == nullptr ? std::optional(std::move(list))
                                    : following(*known, std::move(list), from);
    if (adopted) {
      if (known != nullptr) {
        before.push_back(known);
      }
      plan.adopted.push_back(std::move(*adopted));
    }
  }
  std::vector<const PriceList*> after;
  for (const PriceList& list : plan.adopted) {
    after.push_back(&list);
  }
  plan.changes = diff_prices(before, after);
  return plan;
}

}  // namespace purser
