// wire/pace_fields.hpp — what the header of an answer says about pace, in each provider's own way.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/instant.hpp"
#include "call/told_pace.hpp"

namespace purser {

/// "12ms", "1s", "6m0s", "1h2m3.5s". Nothing for anything else, or for more than a year.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

/// Sees an answer's header fields, any bytes, and says what they mean. Keeps views of them.
class PaceFields {
 public:
  explicit PaceFields(Instant now) : now_(now) {}

  /// Fields by other names are passed over.
  void see(std::string_view name, std::string_view value);
  /// `status`: of the answer. Whether a 429 is about money its body says, see is_spend_cap().
  ToldPace told(int status) const;

 private:
  /// What of it is limited, as OpenAI and Anthropic divide it.
  enum class Kind : std::uint8_t { requests, tokens, input_tokens, output_tokens };
  static constexpr std::size_t kKinds = 4;
  struct Bucket {  // as it came: most answers have plenty left, and nobody reads the rest
    std::string_view limit;
    std::string_view remaining;
    std::string_view reset;
  };
  static std::optional<Kind> take_kind(std::string_view& name);
  void see_bucket(std::string_view rest, std::string_view what, std::string_view value);
  enum class Wait : std::uint8_t { part, whole };
  std::optional<std::chrono::nanoseconds> exhausted(Wait wait) const;

  Instant now_;
  std::string_view retry_after_;
  std::string_view retry_after_ms_;
  std::array<Bucket, kKinds> buckets_;
};

/// "retryDelay":"46s" in the body of a 429 of Google's, which says it nowhere else.
std::optional<std::chrono::nanoseconds> told_delay(std::string_view body);

/// The body of a 429 that is about money: a budget of the account's with the provider, which
/// waiting does not refill.
bool is_spend_cap(std::string_view body);

}  // namespace purser
