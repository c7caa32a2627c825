// wire/responses_draft.hpp — what a Responses stream has said so far, so that it can be ended
// before its provider ends it: with the message that was under way closed, and the whole response
// as it stands then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wire/json_scan.hpp"

namespace purser {

/// One event, read no further than it must be. Views point into it.
struct ResponsesEvent {
  std::string type;
  std::string_view response;  // JSON, like `item`
  std::string_view item;
  JsonText delta;
  std::optional<std::int64_t> sequence;
  std::optional<std::int64_t> output_index;
  std::optional<std::int64_t> content_index;
};
/// Nothing: not a JSON object.
std::optional<ResponsesEvent> read_responses_event(std::string_view data);

/// Bounded: past kBytesMax nothing more is kept, and the end says less.
class ResponsesDraft {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{8} << 20;

  void see(const ResponsesEvent& event);
  std::string closing_events() const;

 private:
  struct Item {
    std::string done;  // JSON, once it is
    std::string id;
    bool message = false;
    std::optional<std::int64_t> part;  // the text that is under way
    std::string text;                  // escaped as it came
  };
  void begin_item(const ResponsesEvent& event);
  Item* item_of(const ResponsesEvent& event);
  bool keep(std::string& into, std::string_view bytes);

  std::string response_;
  std::map<std::int64_t, Item> items_;
  std::int64_t sequence_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace purser
