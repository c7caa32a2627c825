// wire/outline.hpp — a request's conversation as names, read only where it grew.
// Why: an agent sends its whole history again with every call. What each message comes to is
// remembered by the message's bytes, so that a turn costs one hash over the history and the
// reading of what is new.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "call/outline.hpp"
#include "wire/json_digest.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// What one message, system prompt or list of tools comes to, wherever it stands.
struct OutlineUnit {
  Outline::Message message;  // its chain is the conversation's to say
  bool system = false;       // a part of the preamble
  bool nothing = false;      // clients leave it out of older turns, so it is never there
  struct Call {
    Span name;  // in the unit
    Digest action;
    Digest id;
  };
  std::vector<Call> calls;
  std::vector<Outline::Result> results;
};

/// The units read last, by their bytes. One a core; not locked. A small cache of sets, as
/// call/prompt_count has: what is looked up moves to the front of its own set.
class OutlineMemory {
 public:
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = std::size_t{1} << 12;
  /// A message with more calls and results than this is read each time: it bounds the memory.
  static constexpr std::size_t kPartsMax = 16;

  OutlineMemory() : sets_(kSets) {}

  /// The unit called `name`; one that is not known is made by `read`. Holds until the next call.
  template <typename Read>
  const OutlineUnit& unit(Digest name, Read read) {
    if (const OutlineUnit* const known = find(name)) {
      return *known;
    }
    return keep(name, read());
  }
  /// How many units had to be read.
  std::int64_t read() const { return read_; }

 private:
  struct Known {
    Digest name;
    OutlineUnit unit;
  };
  using Set = std::array<Known, kWays>;

  const OutlineUnit* find(Digest name);
  const OutlineUnit& keep(Digest name, OutlineUnit unit);

  std::vector<Set> sets_;
  OutlineUnit large_;
  std::int64_t read_ = 0;
};

/// The conversation of a request that read_request has read. Tools' names point into the body.
Outline outline_of(const Call& call, std::string_view body, OutlineMemory& memory);

/// What the dialects share: reads one unit.
class OutlineReader {
 public:
  explicit OutlineReader(std::string_view json) : json_(json), scan_(json) {}

  /// A text, a block, or a list of them.
  struct Content {
    Digest digest;
    Digest gist;              // of texts, without their digits
    std::int64_t bytes = 0;   // of texts
    bool says_error = false;  // by its first words
  };

  JsonScan& scan() { return scan_; }
  JsonDigest& meaning() { return meaning_; }
  OutlineUnit& unit() { return unit_; }

  /// Whether the gist is asked for: it costs another look at each byte.
  enum class Gist : std::uint8_t { no, yes };
  Content content(Gist gist);
  /// Any value, as a tool gave it back.
  Content value();
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
  /// Who said it, and all that was said. System messages belong to the preamble.
  void end_message(JsonText role, Digest content);

 private:
  struct Block;
  void block(Content& into, Gist gist);
  void end_block(Content& into, const Block& block, Gist gist);
  void add_text(Content& into, JsonText text, Gist gist);

  std::string_view json_;
  JsonScan scan_;
  JsonDigest meaning_;
  OutlineUnit unit_;
};

void read_chat_message(OutlineReader& reader);
void read_messages_message(OutlineReader& reader);
void read_responses_item(OutlineReader& reader);
void read_gemini_content(OutlineReader& reader);

}  // namespace purser
