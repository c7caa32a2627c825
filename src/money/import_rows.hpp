// money/import_rows.hpp — what the two importers share: a card being filled, and lists being named.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "money/import.hpp"

namespace purser {

/// Rates as a catalogue says them, class by class.
using SaidRates = std::array<std::optional<Rate>, kTokenClasses>;

/// A card from what is said, else from `base`, else from the class a class is part of. INVARIANT:
/// one of the two says what input costs.
Card fill_card(const SaidRates& said, const SaidRates& base);

/// A catalogue's name for a provider as the book has it: "gemini" → "google".
std::string_view provider_name(std::string_view catalogues);

/// Lists as they come in: the first to claim a name keeps it.
class ImportedLists {
 public:
  void add(PriceList list);
  void remark(std::string_view provider, std::string_view model, std::string why);
  Imported take() { return std::move(imported_); }

 private:
  Imported imported_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace purser
