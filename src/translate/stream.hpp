// translate/stream.hpp — a streamed answer in nobody's dialect, and who reads and writes it.
// One part is open at a time: text, a thought or a tool call. What a delta belongs to is therefore
// known without an index; a reader of a dialect that could mix parts must not let them mix.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "translate/dialects.hpp"
#include "translate/translate.hpp"

namespace purser::translate {

struct Begin {
  std::string id;
  std::string model;
  std::int64_t created = 0;
};
struct TextDelta {
  std::string text;
  bool refusal = false;
};
struct ThinkingDelta {
  std::string text;
};
/// The seal of the thought that is open; hidden: of one without words.
struct ThinkingSeal {
  Sealed seal;
  bool hidden = false;
};
struct CallBegin {
  std::string id;
  std::string name;
  std::optional<Sealed> seal = {};
};
struct CallDelta {
  std::string arguments;
};
struct PartEnd {};
struct Used {
  Usage usage;
};
struct Stopped {
  Stop stop;
  std::string sequence = {};
};
struct Failed {
  Problem problem;
};
struct Done {};  // nothing that matters follows

using StreamEvent = std::variant<Begin, TextDelta, ThinkingDelta, ThinkingSeal, CallBegin,
                                 CallDelta, PartEnd, Used, Stopped, Failed, Done>;
using StreamEvents = std::vector<StreamEvent>;

class StreamReader {
 public:
  explicit StreamReader(Losses& losses) : losses_(losses) {}
  virtual ~StreamReader() = default;
  /// One event of the provider's; `data` is never empty.
  virtual void read(std::string_view name, std::string_view data, StreamEvents& events) = 0;

 protected:
  /// Once each, and not without end.
  void note(std::string_view path, Concern concern, std::string_view why);
  void note_all(const Losses& losses);
  Losses& losses_;
};

class StreamWriter {
 public:
  StreamWriter(const StreamOptions& options, std::string_view id) : options_(options), id_(id) {}
  virtual ~StreamWriter() = default;
  /// Writes what an event means. Calls the virtual functions below, after what must come before.
  void write(const StreamEvent& event, std::string& out);
  bool stopped() const { return stop_ != Stop::unsaid; }
  /// The end of the answer, with its usage.
  void end(std::string& out);
  /// The end of a stream that broke.
  void fail(const Problem& problem, std::string& out);
  /// Larger than may be kept.
  bool overflowed() const { return kept_bytes_ > StreamTranslator::kKeptBytesMax; }

 protected:
  enum class Open : std::uint8_t { nothing, text, refusal, thinking, call };
  virtual void begin(std::string& out) = 0;
  virtual void open(Open kind, std::string& out) = 0;
  virtual void text(std::string_view words, std::string& out) = 0;
  virtual void arguments(std::string_view json, std::string& out) = 0;
  virtual void seal(const Sealed& seal, std::string& out) = 0;
  virtual void hidden(const Sealed& seal, std::string& out) = 0;
  virtual void close(std::string& out) = 0;
  virtual void finish(std::string& out) = 0;
  virtual void break_off(const Problem& problem, std::string& out) = 0;

  void keep(std::size_t bytes) { kept_bytes_ += bytes; }

  StreamOptions options_;
  Begin begun_;
  std::string id_;  // the call's own, where the provider names none
  Open open_ = Open::nothing;
  CallBegin call_;  // the one that is open
  std::size_t calls_ = 0;
  Stop stop_ = Stop::unsaid;
  std::string stop_sequence_;
  std::optional<Usage> usage_;

 private:
  void start(std::string& out);
  void become(Open kind, std::string& out);
  bool started_ = false;
  std::size_t kept_bytes_ = 0;
};

std::unique_ptr<StreamReader> chat_stream_reader(Losses& losses);
std::unique_ptr<StreamReader> messages_stream_reader(Losses& losses);
std::unique_ptr<StreamReader> responses_stream_reader(Losses& losses);
std::unique_ptr<StreamReader> gemini_stream_reader(Losses& losses, std::string_view id);
std::unique_ptr<StreamWriter> chat_stream_writer(const StreamOptions& options, std::string_view id);
std::unique_ptr<StreamWriter> messages_stream_writer(const StreamOptions& options,
                                                     std::string_view id);
std::unique_ptr<StreamWriter> responses_stream_writer(const StreamOptions& options,
                                                      std::string_view id);
std::unique_ptr<StreamWriter> gemini_stream_writer(const StreamOptions& options,
                                                   std::string_view id);

/// Members of an event, looked up without a report: events repeat.
const json::value* member(const json::value& from, std::string_view name);
std::string text_member(const json::value& from, std::string_view name);
void append_event(std::string& out, std::string_view name, const json::object& data);

}  // namespace purser::translate
