// money/price_book.hpp — what a unit costs: a function of model, day, hour, prompt size, service
// tier, speed, region and token class.
// Why: a flat table is wrong for size cliffs, dated price changes, off-peak hours and multipliers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"
#include "money/conditions.hpp"
#include "money/usage.hpp"

namespace purser {

/// Picodollars per unit. For tokens that is the same number as microdollars per million.
using Rate = Strong<struct RateTag>;

/// Every dated price of one model at one provider. Opaque: lives as long as its book.
class PriceList;

/// A provider's prices where the book has none of its own.
struct PricedAs {
  std::string provider;                       // as this one's; empty: nobody's
  std::map<std::string, std::string> models;  // what its own names for models stand for
  bool free = false;                          // whatever is still without a price costs nothing
};

/// The dearest a call could be, as a straight line in its output tokens: what a hold is made of.
struct WorstRates {
  Rate input;          // dearest input class (uncached, write, long prompt, tier asked for) a token
  Rate output;         // dearest output class a token
  Amount per_request;  // fees every request pays
  Rate web_search;     // a search
  Rate file_search;    // likewise, in files kept by the provider
};

/// The name without the date of its snapshot. The same text when there is none: a new model is
/// never taken for an older one.
std::string_view without_snapshot(std::string_view model);

class PriceBook {
 public:
  /// Reads every *.json under `texts` (name, content). Error (config) names file, row and reason.
  struct File {
    std::string name;
    std::string content;
  };
  static Result<PriceBook> parse(const std::vector<File>& files);

  PriceBook();
  PriceBook(PriceBook&&) noexcept;
  PriceBook& operator=(PriceBook&&) noexcept;
  ~PriceBook();

  /// The list for a model as requested or as answered: snapshot and alias names find their model.
  /// Null when the book has no price for it: never a zero. Hot path: no allocation.
  const PriceList* find(std::string_view provider, std::string_view model) const;

  /// From here on find() looks there too.
  void price_as(const std::string& provider, PricedAs as);

  /// Every list in force, in the order of the files: for people.
  std::vector<const PriceList*> lists() const;

 private:
  struct Rows;
  std::unique_ptr<Rows> rows_;
};

/// No pass of a model costs this; a provider that reports more reports nonsense. Costs end here, so
/// that thousands of them can still be added up.
inline constexpr Amount kCostMax = Amount::from_dollars(1'000'000);

/// usage × rates under `conditions`, rounded half up once, in whole nanodollars. The long-prompt
/// tier is chosen on usage.prompt_total() and applies to every class. Price one pass at a time.
Amount cost(const PriceList& list, const Usage& usage, const Conditions& conditions);

/// Dearest rates for a prompt of at most `prompt_max` tokens sent at `asked.at`. `asked.tier` is
/// what the request may end up with: the caller passes the dearest it could be given.
WorstRates worst_rates(const PriceList& list, Tokens prompt_max, const Conditions& asked);

/// The longest answer the model can give, as its provider says; Tokens(0) when the book does not.
Tokens longest_output(const PriceList& list);

/// tokens × rate, rounded up: holds must never be short by a rounding. At most kCostMax.
Amount at_most(Tokens tokens, Rate rate);

/// How many whole tokens `budget` surely pays at `rate` (rounded down). A zero rate pays for any
/// number: returns Tokens(INT64_MAX).
Tokens affordable(Amount budget, Rate rate);

}  // namespace purser
