// wire/request_scan.cpp — values of known members, and the one way requests are refused.
#include "wire/request_scan.hpp"

#include <algorithm>
#include <array>
#include <forward_list>

namespace purser {

Span RequestScan::skip() {
  return spanned([&] { scan_.skip(); });
}

void RequestScan::refuse(std::string message) {
  refuse_at(scan_.at(), std::move(message));
}

void RequestScan::refuse_at(std::size_t place, std::string message) {
  if (!error_) {
    message += " (at byte " + std::to_string(place) + " of the body).";
    error_ = Error{Fault::client, std::move(message)};
  }
}

void RequestScan::refuse_kind(std::string_view name, JsonKind expected) {
  const JsonKind found = kind();
  if (found == JsonKind::nothing) {
    scan_.skip();  // not JSON: let the scanner say so
    return;
  }
  refuse("Invalid type for '" + std::string(name) + "': expected " +
         std::string(to_string(expected)) + ", but got " + std::string(to_string(found)) +
         " instead");
}

Result<void> RequestScan::finish() {
  if (!error_) {
    scan_.finish();
    if (const char* const wrong = scan_.wrong()) {
      refuse(std::string("We could not parse the JSON body of your request: ") + wrong);
    }
  }
  if (error_) {
    return std::unexpected(*error_);
  }
  return {};
}

bool RequestScan::null() {
  if (kind() != JsonKind::null) {
    return false;
  }
  scan_.skip();
  return true;
}

/// The text itself: in the body, or, where it was escaped, in a place that lives with the call.
std::string_view RequestScan::plain(JsonText text) {
  if (!text.escaped) {
    return text.raw;
  }
  if (!call_.unescaped) {
    call_.unescaped = std::make_shared<std::forward_list<std::string>>();
  }
  std::string& kept = call_.unescaped->emplace_front();
  append_unescaped(kept, text);
  return kept;
}

void RequestScan::text(std::string_view name, std::string_view& out) {
  if (null()) {
    return;
  }
  if (kind() != JsonKind::text) {
    return refuse_kind(name, JsonKind::text);
  }
  JsonText value;
  if (scan_.text(value)) {
    out = plain(value);
  }
}

Span RequestScan::spanned_text(std::string_view name, std::string_view& out) {
  return spanned([&] { text(name, out); });
}

Span RequestScan::flag(std::string_view name, bool& out) {
  const JsonKind found = kind();
  if (found == JsonKind::null) {
    return skip();
  }
  if (found != JsonKind::boolean) {
    refuse_kind(name, JsonKind::boolean);
    return {};
  }
  const std::size_t from = scan_.at();
  scan_.boolean(out);
  return Span{.at = from, .length = scan_.at() - from};
}

Span RequestScan::count(std::string_view name, Bounds bounds, std::optional<std::int64_t>& out) {
  const JsonKind found = kind();
  if (found == JsonKind::null) {
    return skip();
  }
  if (found != JsonKind::number) {
    refuse_kind(name, JsonKind::number);
    return {};
  }
  const std::size_t from = scan_.at();
  std::string_view number;
  if (!scan_.number(number)) {
    return {};
  }
  const bool whole = number.find_first_of(".eE") == std::string_view::npos;
  const auto value = whole_number(number);
  const std::string invalid = "Invalid '" + std::string(name) + "': ";
  const std::string got = ", but got " + std::string(number.substr(0, 24)) + " instead";
  if (!whole) {
    refuse_at(from, invalid + "expected an integer" + got);
  } else if (number.front() == '-' ? !value || *value < bounds.min : value && *value < bounds.min) {
    refuse_at(from, invalid + "integer below minimum value. Expected a value >= " +
                        std::to_string(bounds.min) + got);
  } else if (!value || *value > bounds.max) {
    refuse_at(from, invalid + "integer above maximum value. Expected a value <= " +
                        std::to_string(bounds.max) + got);
  } else {
    out = value;
  }
  return Span{.at = from, .length = number.size()};
}

void read_stream_options(RequestScan& scan) {
  static constexpr std::array kOptions{
      RequestScan::Member<Call>{"include_usage",
                                [](RequestScan& inner, Call& call) {
                                  call.include_usage_span =
                                      inner.flag("stream_options.include_usage", call.asks_usage);
                                }},
  };
  Call& call = scan.call();
  call.stream_options_span = scan.spanned([&] { scan.members("stream_options", kOptions, call); });
}

void add_media(Call& call, Media media) {
  ++call.media_parts;
  call.media_tokens_max += Tokens(media.tokens_max);
  call.media_bytes += media.inline_bytes;
}

void add_rounds(Call& call, std::int64_t rounds) {
  // A sum over many tools is still one loop, and every provider ends it.
  call.server_tool_rounds_max = std::min(call.server_tool_rounds_max + rounds, kServerRoundsMax);
}

}  // namespace purser
