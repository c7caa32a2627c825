// wire/sse.cpp — line ends, and what a line means.
#include "wire/sse.hpp"

#include <algorithm>
#include <cstring>

namespace purser {
namespace {

/// The first CR or LF, or the end.
std::size_t line_length(std::string_view bytes) {
  const void* const feed = std::memchr(bytes.data(), '\n', bytes.size());
  const std::size_t length =
      feed == nullptr ? bytes.size()
                      : static_cast<std::size_t>(static_cast<const char*>(feed) - bytes.data());
  const void* const carriage = std::memchr(bytes.data(), '\r', length);
  return carriage == nullptr
             ? length
             : static_cast<std::size_t>(static_cast<const char*>(carriage) - bytes.data());
}

/// The value of the field `name`, when the line is one: behind the colon and one space.
bool field(std::string_view line, std::string_view name, std::string_view& value) {
  if (!line.starts_with(name)) {
    return false;
  }
  line.remove_prefix(name.size());
  if (line.empty()) {
    value = line;
    return true;
  }
  if (line.front() != ':') {
    return false;
  }
  line.remove_prefix(line.size() > 1 && line[1] == ' ' ? 2 : 1);
  value = line;
  return true;
}

}  // namespace

std::size_t SseCutter::event_length(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (after_cr_ && bytes[at] == '\n') {
      after_cr_ = false;
      ++at;
      continue;
    }
    after_cr_ = false;
    const std::size_t length = line_length(bytes.substr(at));
    line_empty_ = line_empty_ && length == 0;
    at += length;
    if (at == bytes.size()) {
      return 0;
    }
    after_cr_ = bytes[at] == '\r';
    ++at;
    if (line_empty_) {
      return at;
    }
    line_empty_ = true;
  }
  return 0;
}

SseEvent SseCutter::read(std::string_view raw) {
  SseEvent event{.raw = raw};
  std::string_view rest = raw;
  if (first_ && rest.starts_with("\xEF\xBB\xBF")) {
    rest.remove_prefix(3);
  }
  first_ = false;
  std::size_t data_lines = 0;
  while (!rest.empty()) {
    const std::size_t length = line_length(rest);
    const std::string_view line = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    std::string_view value;
    if (field(line, "data", value)) {
      if (++data_lines == 1) {
        event.data = value;
        continue;
      }
      if (data_lines == 2) {
        joined_ = event.data;
      }
      joined_ += '\n';
      joined_ += value;
      event.data = joined_;
    } else if (field(line, "event", value)) {
      event.name = value;
    }
  }
  event.in_place = data_lines == 1;
  return event;
}

}  // namespace purser
