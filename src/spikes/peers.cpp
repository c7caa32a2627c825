// spikes/peers.cpp — a quantile followed by steps: up by 0.9 where above, down by 0.1 where below.
#include "spikes/peers.hpp"

#include <cmath>
#include <cstdint>

namespace purser {
namespace {

constexpr float kQuantile = 0.9F;
/// In log units: a subject that is busier than the others moves it by 9 % a day at most.
constexpr float kStep = 0.1F;
/// So many days of subjects make peers.
constexpr std::uint32_t kLearnedLeast = 20;

}  // namespace

void Peers::learn(const Baseline& baseline) {
  for (const Quantity quantity : kEveryQuantity) {
    const double busy = baseline.usual_busy_hour(quantity);
    if (!(busy > 0)) {
      continue;
    }
    Quantile& quantile = quantiles_[static_cast<std::size_t>(quantity)];
    const float log_value = static_cast<float>(std::log(busy));
    if (quantile.learned == 0) {
      quantile.log_value = log_value;
    }
    quantile.log_value += kStep * (log_value > quantile.log_value ? kQuantile : kQuantile - 1);
    quantile.learned += quantile.learned < kLearnedLeast ? 1 : 0;
  }
}

double Peers::of(Quantity quantity) const {
  const Quantile& quantile = quantiles_[static_cast<std::size_t>(quantity)];
  return quantile.learned < kLearnedLeast ? 0 : std::exp(static_cast<double>(quantile.log_value));
}

Amounts Peers::busy_hour() const {
  return {.calls = of(Quantity::calls),
          .spend_nanos = of(Quantity::spend),
          .tokens = of(Quantity::tokens)};
}

}  // namespace purser
