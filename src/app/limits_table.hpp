// app/limits_table.hpp — limits as tables: how a caller stands, and the rules as configured.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/table.hpp"
#include "limits/stand.hpp"
#include "store/standings.hpp"

namespace purser {

/// "$2.00" and "100 calls", or 2.000000000 and 100.
enum class Figures : std::uint8_t { for_people, exact };

/// What a caller's limits are looked at with.
struct LimitsView {
  const LimitSet* limits = nullptr;
  std::vector<std::string> tiers = {};  // a column each
  Instant now = {};
  Control control = Control::enforce;
  Figures figures = Figures::for_people;
  AccountStandings standings = {};  // of accounts_touched()
};

/// Every tier that the configuration speaks of, in its order.
std::vector<std::string> tiers_of(const Config& config);

/// The accounts that a call of these facts touches now, as it is and in each of the tiers.
std::vector<AccountKey> accounts_touched(const LimitsView& view, const Facts& facts);

/// A row for each limit and measure the caller touches, in its own tier or in one of the view's.
Table limits_table(const LimitsView& view, const Facts& facts);

/// A row a limit.
Table rules_table(std::span<const Limit> limits);

}  // namespace purser
