// wire/outline.hpp — a request's conversation as names, read when somebody asks for it.
// Why apart from read_request: most calls say which session they belong to, and then nobody needs
// the conversation before it is time to look for loops.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call.hpp"
#include "call/outline.hpp"
#include "wire/json_digest.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// One pass over the body. Names in the result point into it. Error (client): no JSON, or no
/// conversation in it; read_request says so better, and first.
Result<Outline> read_outline(Dialect dialect, std::string_view body);

/// What the dialects share.
class OutlineReader {
 public:
  OutlineReader(std::string_view body, Outline& outline) : scan_(body), outline_(outline) {}

  /// A text, a block, or a list of them.
  struct Content {
    Digest digest;
    Digest gist;              // of texts, without their digits
    std::int64_t bytes = 0;   // of texts
    bool says_error = false;  // by its first words
  };

  JsonScan& scan() { return scan_; }
  JsonDigest& meaning() { return meaning_; }
  Outline& outline() { return outline_; }

  /// Whether the gist is asked for: it costs another look at each byte.
  enum class Gist : std::uint8_t { no, yes };
  Content content(Gist gist);
  /// The next text, or an empty one: other kinds are skipped.
  JsonText text();
  Digest text_digest();
  /// Calls `each` with the name of every member of the object that comes next.
  template <typename Each>
  void members(Each each) {
    if (scan_.kind() != JsonKind::object) {
      scan_.skip();
      return;
    }
    JsonText name;
    scan_.enter_object();
    while (scan_.member(name)) {
      each(name);
    }
  }
  template <typename Each>
  void elements(Each each) {
    if (scan_.kind() != JsonKind::array) {
      scan_.skip();
      return;
    }
    scan_.enter_array();
    while (scan_.element()) {
      each();
    }
  }

  void add_call(JsonText name, Digest arguments, Digest id);
  void add_result(const Content& content, Digest call_id, bool error);
  /// What was read since the last message ended is none's.
  void drop_calls();
  /// Ends a message whose calls and results were added. System messages go to the preamble.
  void end_message(JsonText role, Digest content);

 private:
  struct Block;
  void block(Content& into, Gist gist);
  void end_block(Content& into, const Block& block, Gist gist);
  void add_text(Content& into, JsonText text, Gist gist);

  JsonScan scan_;
  Outline& outline_;
  JsonDigest meaning_;
  std::size_t calls_before_ = 0;  // of the messages that have ended
  std::size_t results_before_ = 0;
};

void read_chat_outline(OutlineReader& reader);
void read_messages_outline(OutlineReader& reader);

}  // namespace purser
