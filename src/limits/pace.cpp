// limits/pace.cpp — arithmetic of arrival times, in nanoseconds rounded against the caller.
#include "limits/pace.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Far beyond any bucket, far below overflow: a century.
constexpr std::int64_t kAheadMax = 100LL * 366 * 86'400 * 1'000'000'000;

/// How long `units` take to flow in, rounded up.
std::int64_t flow(Units units, const Draw& draw) {
  INVARIANT(draw.rate > Units{} && draw.span.count() > 0, "a pace is checked when it is read");
  const __int128 nanos = static_cast<__int128>(units.count()) * draw.span.count() * 1'000'000'000;
  const __int128 time = (nanos + draw.rate.count() - 1) / draw.rate.count();
  return static_cast<std::int64_t>(std::min<__int128>(time, kAheadMax));
}

/// Where a bucket stands at `now`. One further ahead than it can be was filled before the clock was
/// set back: it is empty, not empty for as long as the clock was wrong.
std::int64_t standing_at(std::int64_t arrival, const Draw& draw, Instant now) {
  return std::clamp(arrival, now.nanos(), now.nanos() + flow(draw.burst, draw));
}

}  // namespace

std::expected<void, Paces::TooFast> Paces::look(std::span<const Draw> draws, Instant now) {
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const Draw& draw = draws[i];
    std::int64_t arrival = now.nanos();
    if (const auto found = arrivals_.find(draw.bucket); found != arrivals_.end()) {
      arrival = found->second = standing_at(found->second, draw, now);
    }
    const std::int64_t ahead = arrival + flow(draw.units, draw) - now.nanos();
    const std::int64_t over = ahead - flow(draw.burst, draw);
    if (over > 0) {
      return std::unexpected(TooFast{
          .draw = i, .wait = std::chrono::nanoseconds(over), .ever = draw.units <= draw.burst});
    }
  }
  return {};
}

void Paces::take(std::span<const Draw> draws, Instant now) {
  for (const Draw& draw : draws) {
    std::int64_t& arrival = arrivals_.try_emplace(draw.bucket, now.nanos()).first->second;
    arrival = standing_at(arrival, draw, now) + flow(draw.units, draw);
  }
}

void Paces::give_back(const Draw& draw, Units unused) {
  const auto found = arrivals_.find(draw.bucket);
  if (found != arrivals_.end() && unused > Units{}) {
    found->second -= flow(unused, draw) - 1;  // what was rounded up is not given back
  }
}

void Paces::expire(Instant now) {
  std::erase_if(arrivals_, [&](const auto& each) { return each.second <= now.nanos(); });
}

}  // namespace purser
