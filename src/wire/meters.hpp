// wire/meters.hpp — what the meters of all dialects share: reading answers leniently.
// A request that is wrong is refused; an answer that is wrong has been paid for. So a member of
// the wrong type is as if it were absent, of a repeated one the last counts, and nothing fails.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "wire/json_scan.hpp"
#include "wire/wire.hpp"

namespace purser {

std::unique_ptr<Meter> make_chat_meter(MeterOptions options);
std::unique_ptr<Meter> make_messages_meter(MeterOptions options);
std::unique_ptr<Meter> make_responses_meter(MeterOptions options);
std::unique_ptr<Meter> make_embeddings_meter(MeterOptions options);
std::unique_ptr<Meter> make_completions_meter(MeterOptions options);
std::unique_ptr<Meter> make_images_meter(MeterOptions options);
std::unique_ptr<Meter> make_gemini_meter(MeterOptions options);

template <typename State>
struct AnswerMember {
  std::string_view name;
  void (*read)(JsonScan& scan, State& state);
};

/// The value of a member just named: by its row in the table, or skipped.
template <typename State>
void read_member(JsonScan& scan, JsonText name,
                 std::type_identity_t<std::span<const AnswerMember<State>>> table, State& state) {
  for (const AnswerMember<State>& row : table) {
    if (name == row.name) {
      return row.read(scan, state);
    }
  }
  scan.skip();
}

/// True inside an object; anything else is skipped.
inline bool enter_or_skip(JsonScan& scan) {
  if (scan.kind() == JsonKind::object) {
    return scan.enter_object();
  }
  scan.skip();
  return false;
}

/// An object's members by `table`; anything that is no object is skipped.
template <typename State>
void read_members(JsonScan& scan, std::type_identity_t<std::span<const AnswerMember<State>>> table,
                  State& state) {
  if (!enter_or_skip(scan)) {
    return;
  }
  JsonText name;
  while (scan.member(name)) {
    read_member<State>(scan, name, table, state);
  }
}

template <typename Each>
void read_elements(JsonScan& scan, Each each) {
  if (scan.kind() != JsonKind::array) {
    scan.skip();
    return;
  }
  scan.enter_array();
  while (scan.element()) {
    each();
  }
}

/// A string; left alone by null and by anything else.
void read_text(JsonScan& scan, std::string& out);
/// The first that is not empty: what every chunk of a stream repeats is copied once.
void read_text_once(JsonScan& scan, std::string& out);
/// A word out of a list, which some answers name by its number in it; a number past the list is
/// kept as it is. Left alone by null and by anything else.
void read_word(JsonScan& scan, std::span<const std::string_view> words, std::string& out);
/// A whole number from 0 to kReportedMax; left alone by null and by anything else.
void read_count(JsonScan& scan, std::optional<std::int64_t>& out);
/// A thousand billion tokens in one answer are nonsense, and sums below it cannot overflow.
inline constexpr std::int64_t kReportedMax = 1'000'000'000'000;

/// What the client could see of an answer.
class Visible {
 public:
  explicit Visible(bool keep) : keep_(keep) {}
  void add(JsonText text);
  std::int64_t bytes() const { return bytes_; }
  std::string take();

 private:
  bool keep_;
  std::int64_t bytes_ = 0;
  std::string text_;
};

/// Counts the visible text in a delta or a message of any dialect: strings under the names that
/// hold text, in whatever objects and arrays are known to hold such.
void read_visible(JsonScan& scan, Visible& visible);
/// The same for the value of a member just named; what holds no text is skipped.
void read_visible_member(JsonScan& scan, JsonText name, Visible& visible);

}  // namespace purser
