// call/stream_bound.cpp — a token is at least a byte, so few bytes need no counting.
#include "call/stream_bound.hpp"

namespace purser {
namespace {

/// No answer has more bytes than this for each token of its bound, whatever its tokenizer.
constexpr std::int64_t kBytesPerTokenMax = 16;

/// By how much our count may pass the bound: where a text was cut to be counted a word becomes two,
/// and to end an honest answer is worse than to pay an eighth more for one that is not.
constexpr std::int64_t kUnsurePart = 8;
constexpr std::int64_t kUnsureLeast = 32;

Tokens with_unsure(Tokens bound) {
  return bound + Tokens(bound.count() / kUnsurePart + kUnsureLeast);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The last place but the first where a cut changes no count: before the one space in front of a
/// word, which every encoding takes together. The end, when there is none.
std::size_t last_seam(std::string_view text) {
  for (std::size_t at = text.size(); at-- > 1;) {
    if (text[at] == ' ' && is_letter(text[at - 1]) && at + 1 < text.size() &&
        is_letter(text[at + 1])) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

StreamBound::StreamBound(Tokens bound, std::optional<Encoding> encoding) : bound_(bound) {
  if (encoding) {
    tokenizer_.emplace(*encoding);
  }
}

bool StreamBound::wants_text(std::int64_t visible_bytes) const {
  return reads_text() && counted_ + Tokens(visible_bytes - counted_bytes_) > with_unsure(bound_);
}

void StreamBound::count(std::string_view text) {
  waiting_ += text;
  const std::size_t seam = last_seam(waiting_);
  counted_ += tokenizer_->count(std::string_view(waiting_).substr(0, seam));
  counted_bytes_ += static_cast<std::int64_t>(seam);
  waiting_.erase(0, seam);
}

bool StreamBound::passed(std::int64_t visible_bytes) const {
  return reads_text() ? counted_ > with_unsure(bound_)
                      : visible_bytes / kBytesPerTokenMax > bound_.count();
}

}  // namespace purser
