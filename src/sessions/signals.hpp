// sessions/signals.hpp — which session a call says it belongs to, in the words of many clients.
// Why tables: every client has its own header or field for the same few things. A row a name; of
// several that were sent, the first of its table wins: ours, then those that say exactly this, then
// looser ones. Nothing is copied: what is found are views of what was given.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace purser {

/// Empty text means "not said".
struct Signals {
  std::string_view session = {};         // an id of the client's own
  std::string_view source = {};          // the header or field that named it: for the call's record
  std::string_view parent_session = {};  // the session that this one works for
  std::string_view agent = {};           // which agent of the session speaks; empty: the main one
  std::string_view parent_agent = {};    // who asked for it
  std::string_view agent_type = {};
  std::string_view request_class = {};      // main, subagent, compaction, auxiliary, …
  std::string_view user = {};               // from baggage or a client's field, when it names one
  std::string_view previous_response = {};  // the answer that this request continues
  std::string_view trace = {};  // a trace id: shared by what belongs together, if at all
};

/// The provider's own fields that may tell.
enum class BodyField : std::uint8_t {
  user_id,            // Anthropic metadata.user_id, unescaped: three ids in one for Claude Code
  metadata_session,   // metadata.session_id
  conversation,       // "conversation", its id
  thread,             // "thread", its id
  previous_response,  // previous_response_id
  prompt_cache_key,   // names a session for some, and all of an application's calls for others
};
inline constexpr std::size_t kBodyFields = 6;

/// Longer values are nobody's id.
inline constexpr std::size_t kSignalBytesMax = 256;

class SignalReader {
 public:
  /// May be given every header of a request; those that say nothing here cost a look at their size.
  /// Names in any case.
  void header(std::string_view name, std::string_view value);
  void body(BodyField field, std::string_view value);
  /// What was said, each thing by its best source.
  Signals read() const;

  static constexpr std::size_t kHeaders = 40;  // no fewer than rows; checked where they stand

 private:
  std::array<std::string_view, kHeaders> headers_{};
  std::array<std::string_view, kBodyFields> fields_{};
};

/// Whether `text` looks made for one thing alone: a UUID, or sixteen letters and digits in a row
/// with digits among them.
bool looks_unique(std::string_view text);

/// One member of a flat JSON object, or of W3C baggage ("a=1,b=2;x"); empty when it is not there.
std::string_view flat_member(std::string_view json, std::string_view name);
std::string_view baggage_member(std::string_view baggage, std::string_view name);

}  // namespace purser
