// simulate/show.hpp — an answer in the provider's bytes, and how much of it each byte has cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/answer.hpp"

namespace purser::simulate {

/// Once the bytes up to `end` have begun to be sent, so many tokens of output exist.
struct Mark {
  std::size_t end = 0;
  std::int64_t generated = 0;
};

/// The body of an answer: one mark for a plain one, one an event for a stream.
struct Reel {
  std::string bytes = {};
  std::vector<Mark> marks = {};
  void mark(std::int64_t generated) { marks.push_back({bytes.size(), generated}); }
};

struct Scene {
  const Asked& asked;
  const Script& script;
  const Answer& answer;
  std::string_view id;   // sixteen hexadecimal digits: "chatcmpl-", "msg_" or "gen_" and these
  std::int64_t created;  // seconds since 1970
  std::int64_t tokens_per_event;

  /// From so many tokens on the stream says that it failed; past every answer when it does not.
  std::int64_t fails_at() const;
  /// What the provider reports: the truth, or what the script makes of it.
  Usage reported() const { return script.zero_usage ? Usage{} : answer.usage; }
};

Reel show_chat(const Scene& scene);
Reel show_chat_stream(const Scene& scene);
Reel show_messages(const Scene& scene);
Reel show_messages_stream(const Scene& scene);
Reel show_responses(const Scene& scene);
Reel show_responses_stream(const Scene& scene);
/// One that is not done: "queued", "in_progress", "cancelled".
std::string show_responses_status(const Scene& scene, std::string_view status);
Reel show_embeddings(const Scene& scene);
Reel show_completions(const Scene& scene);
Reel show_completions_stream(const Scene& scene);
Reel show_gemini(const Scene& scene);
Reel show_gemini_stream(const Scene& scene);

/// The next piece of a streamed text, whole UTF-8 characters, at least one; taken off the front.
std::string_view take_piece(std::string_view& text, std::int64_t tokens);

/// Cap: an error's body.
struct Failure {
  int status;
  std::string_view chat_type;
  std::string_view chat_code;  // empty: null
  std::string_view messages_type;
  std::string_view message;
};
const Failure& failure_of(int status);
std::string failure_body(Dialect dialect, const Failure& failure, std::string_view message,
                         std::string_view param, std::string_view code, std::string_view id);

}  // namespace purser::simulate
