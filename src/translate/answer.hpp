// translate/answer.hpp — what a model answered, in nobody's dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "translate/conversation.hpp"

namespace purser::translate {

/// Tokens in classes that do not overlap, but for those that say "of which".
struct Usage {
  std::int64_t input = 0;  // at full price; what tools brought in is inside
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;  // for the shorter time
  std::int64_t cache_write_long = 0;
  std::int64_t output = 0;     // thoughts inside
  std::int64_t thinking = 0;   // of which, of output
  std::int64_t audio_in = 0;   // of which, of input
  std::int64_t audio_out = 0;  // of which, of output
  std::int64_t searches = 0;
  std::int64_t prompt() const { return input + cache_read + cache_write + cache_write_long; }
  bool operator==(const Usage&) const = default;
};

enum class Stop : std::uint8_t {
  unsaid,
  end,
  length,
  sequence,
  tool_call,
  refusal,
  paused,  // the provider wants the turn back to go on with it
  context_full,
  other,
};
std::string_view to_string(Stop stop);

struct AnswerChoice {
  std::vector<Part> parts = {};
  Stop stop = Stop::unsaid;
  std::string stop_sequence = {};
};

enum class Trouble : std::uint8_t {
  bad_request,
  key,
  money,
  forbidden,
  not_found,
  conflict,
  too_large,
  pace,
  overloaded,
  timeout,
  server,
};
inline constexpr std::size_t kTroubles = 11;

/// An error answer, or one in the middle of a stream.
struct Problem {
  Trouble trouble = Trouble::server;
  std::string message = {};
  std::string code = {};  // the provider's own word for it
  std::string request_id = {};
};

struct Answer {
  Wire from = Wire::chat;
  std::string id = {};
  std::string model = {};
  std::int64_t created = 0;  // seconds; 0: not said
  std::vector<AnswerChoice> choices = {};
  std::optional<Usage> usage = {};
  std::string tier = {};
  std::optional<Problem> problem = {};  // it says that it failed, under a status of success
  Losses losses = {};
};

}  // namespace purser::translate
