// call/outline.hpp — a conversation as names: who said what, which tools were called, what came
// back, and nothing of the words themselves.
// Why: an agent sends its whole history again with every call. To see that a request continues one
// seen before, or does once more what it did before, equality is enough; so a message is kept as 16
// bytes, whatever its size.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.hpp"

namespace purser {

struct Outline {
  enum class Role : std::uint8_t { user, assistant, tool };

  struct Message {
    Role role = Role::user;
    std::uint32_t calls = 0;    // of `Outline::calls`, in order
    std::uint32_t results = 0;  // of `Outline::results`, in order
    Digest digest;              // of what it says: texts, tools, arguments, results; not of ids
    Digest chain;               // of this message and all before it
  };
  struct Call {
    std::string_view name;  // as it stands in the body
    Digest action;          // name and arguments, whatever the order of members
    Digest id;
  };
  struct Result {
    Digest call_id;
    Digest digest;
    Digest gist;  // without its digits: the same answer but for a clock or a counter in it
    std::int64_t bytes = 0;
    bool error = false;
  };

  Digest preamble;  // system prompt and tools, which clients may change on the way
  /// Without system messages: they belong to the preamble, wherever they stand.
  std::vector<Message> messages;
  std::vector<Call> calls;
  std::vector<Result> results;
};

}  // namespace purser
