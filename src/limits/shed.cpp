// limits/shed.cpp — two ramps, multiplied: how much is used, and how fast.
#include "limits/shed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"

namespace purser {
namespace {

constexpr Share kNarrowest{10'000};
/// How much steeper than the rule says a ramp may become.
constexpr Share kSteepest{4'000'000};
constexpr std::uint64_t kDrawSeed = 0x73686564;

/// How steep: 0 up to the sustainable rate, 1 at one and a half times it, 4 from three times on.
Share steepness(Share burn) {
  if (burn <= kWhole) {
    return Share(0);
  }
  return std::min(kSteepest, Share(2 * (burn - kWhole).count()));
}

/// How far `used` is on the way from `begins` to `ends`.
Share ramp(Share used, Share begins, Share ends) {
  if (used <= begins) {
    return Share(0);
  }
  const std::int64_t way = (std::min(used, ends) - begins).count();
  return Share(way * kWhole.count() / (ends - begins).count());
}

}  // namespace

Result<void> check(const ShedRule& rule) {
  if (rule.background < Share(0) || rule.normal < rule.background + kNarrowest ||
      kWhole < rule.normal + kNarrowest) {
    return fail(Fault::config,
                "shed: expected background below normal below 100%, each at least 1% apart");
  }
  return {};
}

Share shed_chance(const ShedRule& rule, Priority priority, Share used, Share burn) {
  Share way;
  switch (priority) {
    case Priority::essential:
      return Share(0);
    case Priority::normal:
      way = ramp(used, rule.normal, kWhole);
      break;
    case Priority::background:
      way = ramp(used, rule.background, rule.normal);
      break;
  }
  return std::min(kWhole, Share(way.count() * steepness(burn).count() / kWhole.count()));
}

Shed decide(const ShedRule& rule, const Budget& budget, const BurnMeter& meter, Priority priority,
            Instant now, std::uint64_t draw) {
  Shed shed;
  shed.used = used_share(budget);
  shed.burn = meter.burn(budget, now);
  shed.chance = shed_chance(rule, priority, shed.used, shed.burn);
  const auto drawn =
      static_cast<unsigned __int128>(draw) * static_cast<unsigned __int128>(kWhole.count()) >> 64;
  shed.verdict = drawn < static_cast<unsigned __int128>(shed.chance.count()) ? Shed::Verdict::shed
                                                                             : Shed::Verdict::keep;
  return shed;
}

std::uint64_t shed_draw(std::string_view session_or_call) {
  return digest(session_or_call, kDrawSeed).low;
}

std::string to_text(const Shed& shed, Priority priority) {
  const std::int64_t tenths = shed.burn.count() / 100'000;
  return fmt::format(
      "{} % is used, and at {}.{} times the rate that would last; {} calls are shed first",
      shed.used.count() / 10'000, tenths / 10, tenths % 10, to_string(priority));
}

}  // namespace purser
