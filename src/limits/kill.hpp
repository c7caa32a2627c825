// limits/kill.hpp — kill switches: calls that an operator has switched off, and until when.
// Why apart from limits: a limit waits until money is spent; a switch is thrown by a person who has
// seen enough, must hold within a moment, and exempts nobody.
//
// Switches are grouped by which labels they name. A call looks itself up once in each group there
// is, and there are few: operators switch off a feature or a user, not every mixture of labels.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "call/caller.hpp"
#include "limits/calendar.hpp"

namespace purser {

/// Which switch: unique for ever in one ledger; larger means thrown later.
using KillId = Strong<struct KillIdTag>;

/// Whom a switch is for: callers that carry every label it names. One that names none is for all.
struct KillTarget {
  std::string feature = {};
  std::string user = {};
  std::string model = {};  // as asked, with or without the date of its snapshot
  std::string team = {};
  std::string tier = {};
  std::string key = {};
  std::string session = {};
  friend bool operator==(const KillTarget&, const KillTarget&) = default;
};

/// The labels a switch may name: as flags, as members of JSON, as columns.
struct KillLabel {
  std::string_view name;
  std::string KillTarget::* value;
};
inline constexpr std::array kKillLabels{
    KillLabel{"feature", &KillTarget::feature}, KillLabel{"user", &KillTarget::user},
    KillLabel{"model", &KillTarget::model},     KillLabel{"team", &KillTarget::team},
    KillLabel{"tier", &KillTarget::tier},       KillLabel{"key", &KillTarget::key},
    KillLabel{"session", &KillTarget::session}};

/// "feature search, user ann"; "all calls" for a switch that names nothing.
std::string to_text(const KillTarget& target);

enum class Reach : std::uint8_t {
  new_calls,  // answers under way may end
  running,    // they are ended too
};

struct KillSwitch {
  KillId id;
  KillTarget target;
  Reach reach = Reach::new_calls;
  Instant at;
  Instant until = Instant::never();
  std::string who;
  std::string why;
};

/// Each is held in memory by the gateway and looked at by people.
inline constexpr std::size_t kKillsMax = 4096;
inline constexpr std::size_t kKillWhyMax = 500;

/// A reason that is missing, too long or not printable, and labels that no call could carry.
/// Error (client).
Result<void> check(const KillSwitch& kill);

/// All switches as they stood at one moment. Immutable: cores share it.
class KillSet {
 public:
  KillSet() = default;
  explicit KillSet(std::vector<KillSwitch> switches);

  /// The switch that is for this call at `now`: of several the one that reaches furthest, then
  /// lasts longest, then came first. Null when none is. With Reach::running, only switches that end
  /// answers under way. `models`: every name of every model that may work on the call.
  const KillSwitch* find(const Caller& caller, std::span<const std::string_view> models,
                         Instant now, Reach least = Reach::new_calls) const;

  bool empty() const { return switches_.empty(); }
  std::span<const KillSwitch> list() const { return switches_; }

 private:
  /// Switches that name the same labels, by a digest of what they name.
  struct Group {
    std::uint32_t labels = 0;  // a bit for each of kKillLabels
    std::unordered_multimap<Digest, std::size_t> by_value;
  };
  const KillSwitch* find_in(const Group& group, const Caller& caller, std::string_view model,
                            Instant now, Reach least, const KillSwitch* best) const;

  std::vector<KillSwitch> switches_;
  std::vector<Group> groups_;
};

/// What a caller reads: "switched off by ann for feature search until 2026-11-24 00:00 UTC: …".
std::string kill_message(const KillSwitch& kill, const Calendar& calendar);

}  // namespace purser
