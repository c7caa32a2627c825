// pipeline/notices.hpp — what operators are told of calls: thresholds passed, spikes, loops.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "dispatch/alert_desk.hpp"
#include "limits/judge.hpp"
#include "sessions/loops.hpp"
#include "spikes/spikes.hpp"

namespace purser {

/// What is done with a user, key or feature far above its own past.
enum class SpikeAction : std::uint8_t {
  off,       // not looked for
  observe,   // told of
  throttle,  // told of, and slowed down to a multiple of what is usual until it is over
};

/// Everybody's own past, behind one lock.
struct SpikeDesk {
  std::mutex mutex;
  Spikes spikes;
};

/// Which alert threshold each account has passed, so that an alert is raised when one is passed and
/// recovers when the account is below it again. Not locked: it lies under the books' lock.
class PassedShares {
 public:
  /// What changed: the share passed before, and now; nothing when it is the same.
  struct Change {
    Share before;
    Share now;
  };
  std::optional<Change> note(std::uint64_t account, Share passed);

 private:
  static constexpr std::size_t kAccountsMax = 100'000;  // then it begins anew: alerts are merged
  std::unordered_map<std::uint64_t, Share> passed_;
};

/// "80%".
std::string to_text(Share share);

/// The threshold that an account is past now, raised, or what is over, recovered.
void tell_threshold(AlertDesk& alerts, const Touched& touched, const Standing& standing,
                    const PassedShares::Change& change);
void tell_spike(AlertDesk& alerts, const SpikeEvent& event);
void tell_loop(AlertDesk& alerts, std::string_view session, std::string_view loop, LoopLevel level);
/// It failed call after call, and is left alone for a while.
void tell_provider_down(AlertDesk& alerts, std::string_view provider, std::string_view why);
void tell_provider_back(AlertDesk& alerts, std::string_view provider);

}  // namespace purser
