// routing/attempts.hpp — whether a call that failed is tried again, where, and when.
//
//   as asked ── failed ──▶ as asked again, `retries.most` times ──▶ first fallback ──▶ the next …
//
// Each attempt is a call of its own in the books: it is held anew and settled on its own, so a
// retry can overspend as little as a first try. Nothing that has reached the client is taken back:
// only what failed before its answer began is tried again.
//
// Pure: time and chance come in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/seed.hpp"
#include "limits/match.hpp"

namespace purser {

/// What became of an attempt, as far as another may mend it.
enum class Failing : std::uint8_t {
  none,        // it was answered, or refused for what it is: another would end the same
  unreached,   // the provider never saw it
  unanswered,  // the provider saw it and may bill it, but no answer came
  overloaded,  // 429, 503, 529: later, or elsewhere
  broken,      // 408, 409 and the other 5xx: a hiccup
  elsewhere,   // 401, 402, 403, 404: this provider will not, another may
};
/// By the status of an answer. 0 is no status.
Failing failing_of(int status);

/// `retries` in the configuration.
struct RetryRules {
  std::int64_t most = 0;                    // further attempts of the call as it was asked
  std::chrono::milliseconds first{250};     // the pause before the first of them; then it doubles
  std::chrono::milliseconds longest{8000};  // a provider that says "later than this" is left alone
  bool unanswered = false;                  // also what the provider may have worked on, and bills
};

/// Another model that may answer, at a provider by name or, when that is empty, at the one asked.
struct Target {
  std::string provider;
  std::string model;
};

/// Who falls back on what. Of several rules the first that matches counts.
struct Fallback {
  Match match;
  std::vector<Target> to;
};
/// Null: nothing.
const Fallback* fallback_for(const std::vector<Fallback>& rules, const Facts& facts);

/// The attempts of one call. Begins with the first one under way.
class Attempts {
 public:
  Attempts(const RetryRules& rules, const Fallback* fallback)
      : rules_(rules), fallback_(fallback) {}

  struct Next {
    const Target* target;  // null: as asked
    std::chrono::milliseconds wait;
  };
  /// After an attempt that failed. `told`: when the provider said to come back. Nothing: that was
  /// the last.
  std::optional<Next> after(Failing failing, std::optional<std::chrono::nanoseconds> told,
                            Seed& chance);
  /// How many were begun.
  std::int64_t begun() const { return begun_; }

 private:
  std::optional<std::chrono::milliseconds> pause(std::optional<std::chrono::nanoseconds> told,
                                                 Seed& chance) const;

  const RetryRules& rules_;
  const Fallback* fallback_;
  std::int64_t begun_ = 1;
  std::int64_t retries_ = 0;  // of the target under way
  std::size_t fallbacks_ = 0;
};

}  // namespace purser
