// wire/stream_edge.cpp — an event ends at a blank line, or at its last bracket.
#include "wire/stream_edge.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::size_t kEndMax = 4;  // two line ends

bool ends_an_event(std::string_view bytes) {
  return bytes.ends_with("\n\n") || bytes.ends_with("\r\n\r\n") || bytes.ends_with("\r\r");
}

}  // namespace

void StreamEdge::see(std::string_view bytes) {
  if (framing_ == StreamFraming::array) {
    for (const char c : bytes) {
      walk_.take(c);
    }
    return;
  }
  last_ += bytes.substr(bytes.size() - std::min(bytes.size(), kEndMax));
  last_.erase(0, last_.size() - std::min(last_.size(), kEndMax));
}

bool StreamEdge::between() const {
  return framing_ == StreamFraming::array ? !walk_.inside() : last_.empty() || ends_an_event(last_);
}

std::size_t StreamEdge::rest_of_event(std::string_view bytes) const {
  StreamEdge ahead = *this;
  std::size_t length = 0;
  while (length < bytes.size() && !ahead.between()) {
    ahead.see(bytes.substr(length++, 1));
  }
  return length;
}

}  // namespace purser
