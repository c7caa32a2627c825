// spikes/ceiling.cpp — the usual, times what is still in line, or what a newcomer may do.
#include "spikes/ceiling.hpp"

#include <algorithm>
#include <cmath>

namespace purser {
namespace {

/// With so many days of past a subject's own counts alone. Fewer, and who begins on a weekend is
/// told of on Tuesday; more, and a burst after one week is caught late.
constexpr std::uint32_t kDaysOfOwnPast = 4;
constexpr double kDayOfLeast = 2;
constexpr double kDayOfNewcomer = 24;
/// A quiet hour that is loud matters when the day carries this many usual days: more than a month's
/// end.
constexpr double kDayOfQuietHour = 2.5;

double in_line(const SpikeOptions& options, double spread) {
  return std::clamp(options.sensitivity * std::exp(options.deviations * spread),
                    options.sensitivity, std::max(options.sensitivity, options.sensitivity_max));
}

/// From what a newcomer may do (no day behind it) to its own past, by equal factors a day.
double mixed(double own, double newcomer, std::uint32_t days) {
  if (days >= kDaysOfOwnPast || own >= newcomer) {
    return own;
  }
  const double share = static_cast<double>(days) / kDaysOfOwnPast;
  return std::exp((1 - share) * std::log(newcomer) + share * std::log(own));
}

Ceiling ceiling(const Baseline& baseline, const SpikeOptions& options, Quantity quantity,
                double peers) {
  const double least = std::max(1.0, options.least.of(quantity));
  const double newcomer = std::max(options.newcomer.of(quantity), options.sensitivity * peers);
  const double hour_factor = in_line(options, baseline.hour_spread(quantity));
  const double day_factor = in_line(options, baseline.day_spread(quantity));
  const double hour = std::max(least, hour_factor * baseline.usual_busy_hour(quantity));
  const double day = std::max(kDayOfLeast * least, day_factor * baseline.usual_day(quantity));
  const std::uint32_t days = baseline.days_of_past();
  const double usual_at_most = baseline.usual_now_at_most(quantity);
  const bool profiled = usual_at_most > 0;
  return {.hour = static_cast<float>(mixed(hour, newcomer, days)),
          .day = static_cast<float>(mixed(day, kDayOfNewcomer * newcomer, days)),
          .quiet_hour = profiled ? static_cast<float>(std::max(least, hour_factor * usual_at_most))
                                 : INFINITY,
          .quiet_hour_day = static_cast<float>(std::max(
              kDayOfLeast * least,
              kDayOfQuietHour / options.sensitivity * day_factor * baseline.usual_day(quantity)))};
}

}  // namespace

Ceilings ceilings(const Baseline& baseline, const SpikeOptions& options, const Amounts& peers) {
  Ceilings all;
  for (const Quantity quantity : kEveryQuantity) {
    all[static_cast<std::size_t>(quantity)] =
        ceiling(baseline, options, quantity, peers.of(quantity));
  }
  return all;
}

}  // namespace purser
