// translate/translate.hpp — a call written in one dialect, answered by a model that speaks another.
//
// A call's way, where `asked` is the client's dialect and `speaks` the provider's:
//
//   auto conversation = read(asked, body, {.model = from_the_path});   // Gemini names it there
//   conversation->model = "the-model-that-shall-answer";
//   const auto written = write(speaks, *conversation, policy);         // an Error: refused, 400
//   … send written->body to written->path_model's path; put written->losses in the call's record
//
//   plain, 2xx:  auto answer = read_answer(speaks, bytes, named);
//                (with answer->problem: 200, but it failed; as below)
//                const WrittenAnswer back = write_answer(asked, *answer, named);
//   plain, else: const ErrorAnswer back = write_error(asked, read_error(speaks, status, bytes));
//   streamed:    StreamTranslator stream(speaks, asked, {.named = named, .usage = …});
//                stream.feed(bytes, out) as they come, any split; stream.finish(whole, out) once
//
// `named` holds what the core cannot make up: an id unique to this call, and the time of day.
// Between equal dialects nothing is translated: pass the bytes on as they are, unless the history
// holds seals of another provider (carries_seals): those its own provider would refuse, so such a
// call is read and written too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call.hpp"
#include "translate/answer.hpp"
#include "translate/conversation.hpp"
#include "wire/sse.hpp"

namespace purser::translate {

/// Nothing: calls of that dialect are not translated.
std::optional<Wire> wire_of(purser::Dialect dialect);

/// What stands beside a body: Gemini has its model and whether it streams in the path.
struct Beside {
  std::string_view model = {};
  bool stream = false;
};

/// Error (client): not JSON, or of another type than the dialect has it, with the place.
Result<Conversation> read(Wire wire, std::string_view body, const Beside& beside = {});

/// What the core cannot know by itself.
struct Named {
  std::string_view id = {};  // unique to the call; letters, digits, - and _
  std::int64_t now = 0;      // seconds since 1970
};

struct Written {
  std::string body;
  std::string path_model;  // Gemini: for the path; elsewhere empty
  bool stream = false;     // Gemini: which method of the model is asked
  Losses losses;           // those of reading and of writing
};
/// Error (client): something was dropped that `policy` does not bear.
Result<Written> write(Wire wire, const Conversation& conversation, const Policy& policy = {});

/// Whether a body holds what another provider sealed, in the form that write_answer gave it.
bool carries_seals(std::string_view body);

/// Error (upstream): not an answer of that dialect.
Result<Answer> read_answer(Wire wire, std::string_view body, const Named& named);

struct WrittenAnswer {
  std::string body;
  Losses losses;
};
WrittenAnswer write_answer(Wire wire, const Answer& answer, const Named& named);

/// Never fails: what cannot be read is told by its status alone.
Problem read_error(Wire wire, int status, std::string_view body);
struct ErrorAnswer {
  int status = 500;
  std::string body;
};
ErrorAnswer write_error(Wire wire, const Problem& problem);

struct StreamOptions {
  Named named = {};
  bool usage = true;  // chat: the client asked for usage (Settings::stream_usage)
};
class StreamReader;
class StreamWriter;

/// A streamed answer, from one dialect into another: SSE in, SSE out, event by event. Keeps one
/// event of the provider's, and of the answer only what the other dialect must say twice: all of it
/// for Responses, the arguments of one call for Gemini, at most kKeptBytesMax. A stream that
/// breaks, fails or grows beyond that ends with an error as the client's dialect has it.
class StreamTranslator {
 public:
  static constexpr std::size_t kKeptBytesMax = std::size_t{16} << 20;

  StreamTranslator(Wire from, Wire to, const StreamOptions& options);
  ~StreamTranslator();
  /// Appends to `out` what the client shall get for these bytes.
  void feed(std::string_view bytes, std::string& out);
  /// The provider's answer is over; `whole`: its transport ended it properly.
  void finish(bool whole, std::string& out);
  /// What was not carried so far, each thing once.
  const Losses& losses() const { return losses_; }

 private:
  void see(const SseEvent& event, std::string& out);
  void fail(std::string_view message, std::string& out);

  std::string id_;
  SseCutter cutter_;
  Losses losses_;
  std::unique_ptr<StreamReader> reader_;
  std::unique_ptr<StreamWriter> writer_;
  bool over_ = false;  // the client has its last event
};

}  // namespace purser::translate
