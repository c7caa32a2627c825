// limits/touches.cpp — gathering them, and adding up rolling windows.
#include "limits/touches.hpp"

#include "base/invariant.hpp"

namespace purser {

Standing seen(const Touched& touched, const Standing& standing) {
  return {.posted = standing.posted + touched.earlier, .held = standing.held, .max = touched.max};
}

void Touches::clear() {
  count_ = 0;
  draws_count_ = 0;
  judged_ = false;
  rolling_.clear();
  pieces_.clear();
}

void Touches::add(const Touched& touched, const Need& need, std::span<const AccountKey> earlier) {
  INVARIANT(count_ < kNeedsMax, "a set of limits is checked when it is read");
  if (!earlier.empty()) {
    rolling_.push_back({.need = count_, .from = pieces_.size(), .count = earlier.size()});
    pieces_.insert(pieces_.end(), earlier.begin(), earlier.end());
  }
  touched_[count_] = touched;
  needs_[count_] = need;
  judged_ = judged_ || touched.observed || !touched.limit->at.empty() || touched.limit->shed;
  ++count_;
}

void Touches::add(const Paced& paced, const Draw& draw) {
  INVARIANT(draws_count_ < kNeedsMax, "a set of limits is checked when it is read");
  paced_[draws_count_] = paced;
  draws_[draws_count_] = draw;
  judged_ = judged_ || paced.observed;
  ++draws_count_;
}

std::vector<AccountKey> Touches::accounts() const {
  std::vector<AccountKey> accounts = pieces_;
  for (const Need& need : needs()) {
    accounts.push_back(need.account);
  }
  return accounts;
}

std::vector<Treasury::Away> Touches::away(const Treasury& treasury) const {
  std::vector<Treasury::Away> away;
  if (!treasury.any_away()) {
    return away;
  }
  treasury.find_away(needs(), away);
  for (const Earlier& earlier : rolling_) {
    for (std::size_t i = 0; i < earlier.count; ++i) {
      const AccountKey piece = pieces_[earlier.from + i];
      if (treasury.is_away(piece)) {
        // It ends before the piece that is needed: kept a little longer it does no harm.
        away.push_back({.account = piece, .ends = needs_[earlier.need].ends});
      }
    }
  }
  return away;
}

std::vector<Treasury::Away> Touches::reckon(const Treasury& treasury) {
  std::vector<Treasury::Away> away = this->away(treasury);
  for (const Earlier& earlier : rolling_) {
    Touched& touched = touched_[earlier.need];
    Need& need = needs_[earlier.need];
    Units sum;
    for (std::size_t i = 0; i < earlier.count; ++i) {
      if (const auto standing = treasury.standing(pieces_[earlier.from + i])) {
        sum += standing->posted + standing->held;
      }
    }
    touched.earlier = sum;
    if (!touched.observed) {
      need.max = touched.max - sum;
    }
  }
  return away;
}

}  // namespace purser
