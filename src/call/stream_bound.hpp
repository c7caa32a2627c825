// call/stream_bound.hpp — when a stream has said more than the output bound that was sent for it.
// A provider that keeps its bound is never cut: what is visible is less than what is billed. Where
// the tokenizer is public the visible text is counted, and only once its bytes alone could pass the
// bound; elsewhere it is the bytes that tell, late.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "call/tokenizer.hpp"

namespace purser {

class StreamBound {
 public:
  /// `encoding`: nothing where it is not public, or the text is of several answers at once.
  StreamBound(Tokens bound, std::optional<Encoding> encoding);

  /// Whether count() is ever to be called: with all the visible text there is, in order.
  bool reads_text() const { return tokenizer_.has_value(); }
  /// Whether the text not counted yet could be too much, of so many visible bytes in all.
  bool wants_text(std::int64_t visible_bytes) const;
  /// Each byte is counted once. A word at the end that may go on waits for the next text.
  void count(std::string_view text);
  bool passed(std::int64_t visible_bytes) const;

 private:
  Tokens bound_;
  std::optional<Tokenizer> tokenizer_;
  Tokens counted_;
  std::int64_t counted_bytes_ = 0;
  std::string waiting_;
};

}  // namespace purser
