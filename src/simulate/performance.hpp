// simulate/performance.hpp — one call from its bytes to the provider's bytes and its bill: no
// sockets, no clock. What is left to provider.cpp is to send a Performance at its pace.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "simulate/bill.hpp"
#include "simulate/options.hpp"
#include "simulate/prompt_cache.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {

/// A request to one of the metered endpoints.
struct Incoming {
  Dialect dialect;
  std::string_view body = {};
  Route route = {};                  // gemini
  std::string_view words = {};       // x-simulate
  std::string_view tag = {};         // x-request-tag
  std::string_view credential = {};  // whose prompt cache it is
};

/// The answer, and how it is to be sent.
struct Performance {
  int status = 200;
  std::string fields = {};  // header lines of this answer, each with its CRLF
  bool stream = false;
  bool in_one_array = false;  // a stream of JSON instead of events
  Reel reel = {};
  std::chrono::nanoseconds first_byte{0};
  std::chrono::nanoseconds per_token{0};
  std::optional<std::chrono::nanoseconds> stall;  // once, before the middle mark
  std::optional<std::chrono::nanoseconds> drip;
  bool close = false;              // the connection ends before any byte
  std::optional<std::size_t> cut;  // or after so many bytes of the body
  bool zero_usage = false;
  bool unbilled_when_broken = false;
  bool failed_midway = false;  // the reel ends in an error event
  bool free = false;
  BillRow row;  // the usage is of the whole answer
};

/// How a performance ended, which decides what is billed.
enum class Ending : std::uint8_t { whole, provider_broke_off, caller_left };

/// The row of `performance` when `generated` tokens of its output exist at the end.
BillRow settle(const Performance& performance, Ending ending, std::int64_t generated);

class Stage {
 public:
  explicit Stage(Options options) : options_(std::move(options)) {}

  Performance perform(const Incoming& incoming, Instant now);
  /// The body of count_tokens, or its error.
  Performance count_tokens(const Incoming& incoming);

  /// A stored response as it stands: under way at the first look at one in the background.
  std::optional<std::string> fetch(std::string_view id);
  /// All its events, and those behind number `after`.
  std::optional<std::string> fetch_events(std::string_view id, std::int64_t after);
  std::optional<std::string> cancel(std::string_view id);

 private:
  /// A response that may be fetched, or continued by another request.
  struct Stored {
    std::string rendered;
    std::int64_t tokens = 0;  // of its prompt and its answer
    std::string under_way;    // empty: no more
    std::string cancelled;
    std::string whole;
    std::string events;
  };
  static constexpr std::size_t kStoredMax = 8'192;  // then all are forgotten
  std::optional<Rejection> go_on(Asked& asked) const;
  void keep(const Scene& scene);

  Seed seed_of(const Incoming& incoming);
  Performance fail(Performance performance, const Rejection& rejection, const Script& script) const;

  Options options_;
  PromptCache cache_;
  std::unordered_map<Digest, std::uint64_t> seen_;  // how often this very body has come
  std::unordered_map<std::string, Stored> stored_;
};

}  // namespace purser::simulate
