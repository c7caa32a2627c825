// wire/request_scan.hpp — reading a request by tables of members: what chat and messages share.
// Why tables: each member we read is one line that says its name and where it goes. Whatever is
// not in a table is checked to be JSON and skipped; a name that comes twice is refused, because
// parsers disagree on which one counts, and a price must not depend on that.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call.hpp"
#include "wire/json_scan.hpp"

namespace purser {

class RequestScan {
 public:
  RequestScan(Call& call, std::string_view body, std::string_view path = {})
      : call_(call), scan_(body), path_(path) {}

  Call& call() { return call_; }
  /// Where the request was sent.
  std::string_view path() const { return path_; }
  JsonKind kind() { return scan_.kind(); }
  /// Where the next value begins.
  std::size_t at() {
    scan_.kind();  // steps over white space
    return scan_.at();
  }
  Span skip();  // takes any value
  /// Where the value that `take` takes stands.
  template <typename Take>
  Span spanned(Take take) {
    const std::size_t from = at();
    take();
    return Span{.at = from, .length = scan_.at() - from};
  }
  /// The first mistake counts, and ends the reading.
  void refuse(std::string message);
  bool refused() const { return error_.has_value() || scan_.wrong() != nullptr; }
  /// What went wrong, or, with the whole body read, nothing.
  Result<void> finish();

  // Values; null is as if the member were absent. The name is for the message.
  void text(std::string_view name, std::string_view& out);
  /// The same, and where it stands, quotes included.
  Span spanned_text(std::string_view name, std::string_view& out);
  Span flag(std::string_view name, bool& out);
  struct Bounds {
    std::int64_t min;
    std::int64_t max;
  };
  Span count(std::string_view name, Bounds bounds, std::optional<std::int64_t>& out);

  /// Calls `each` at every element; a single value that is no array is refused. Null is empty.
  template <typename Each>
  void elements(std::string_view name, Each each) {
    if (null()) {
      return;
    }
    if (kind() != JsonKind::array) {
      return refuse_kind(name, JsonKind::array);
    }
    scan_.enter_array();
    while (!refused() && scan_.element()) {
      each();
    }
  }

  template <typename State>
  struct Member {
    std::string_view name;
    void (*read)(RequestScan& scan, State& state);
    std::string_view also = {};  // its other spelling, where the provider takes two
  };
  /// Reads an object's members by `table`. Null is an empty object.
  template <typename State>
  void members(std::string_view name, std::type_identity_t<std::span<const Member<State>>> table,
               State& state) {
    if (null()) {
      return;
    }
    if (kind() != JsonKind::object) {
      return refuse_kind(name, JsonKind::object);
    }
    scan_.enter_object();
    std::uint64_t seen = 0;  // a bit a row
    JsonText key;
    while (!refused() && scan_.member(key)) {
      std::size_t row = 0;
      while (row < table.size() && !(key == table[row].name) &&
             (table[row].also.empty() || !(key == table[row].also))) {
        ++row;
      }
      if (row == table.size()) {
        scan_.skip();
        continue;
      }
      const std::uint64_t bit = std::uint64_t{1} << row;
      if ((seen & bit) != 0) {
        return refuse("Duplicate member '" + std::string(table[row].name) + "'");
      }
      seen |= bit;
      table[row].read(*this, state);
    }
  }
  void refuse_kind(std::string_view name, JsonKind expected);

 private:
  void refuse_at(std::size_t place, std::string message);
  bool null();
  std::string_view plain(JsonText text);

  Call& call_;
  JsonScan scan_;
  std::string_view path_;
  std::optional<Error> error_;
};

/// Media in a prompt. `inline_bytes` of them stand in the body and are no text.
struct Media {
  std::int64_t tokens_max = 0;
  std::int64_t inline_bytes = 0;
};
void add_media(Call& call, Media media);

/// No model that is sold reads more, so no document and no reference can bring more.
inline constexpr std::int64_t kContextTokensMax = std::int64_t{1} << 20;
/// Providers pause their own tool loops after ten passes at the latest.
inline constexpr std::int64_t kServerRoundsMax = 10;
/// Searches without a stated bound: two a pass.
inline constexpr std::int64_t kWebSearchesMax = 2 * kServerRoundsMax;
/// Anything larger is no bound but a mistake; every provider refuses it.
inline constexpr std::int64_t kCountMax = INT32_MAX;
void add_rounds(Call& call, std::int64_t rounds);

/// The value of chat's and completions' "stream_options".
void read_stream_options(RequestScan& scan);

Result<void> read_chat_request(RequestScan& scan);
Result<void> read_messages_request(RequestScan& scan);
Result<void> read_responses_request(RequestScan& scan);
Result<void> read_embeddings_request(RequestScan& scan);
Result<void> read_completions_request(RequestScan& scan);
Result<void> read_images_request(RequestScan& scan);
Result<void> read_gemini_request(RequestScan& scan);

}  // namespace purser
