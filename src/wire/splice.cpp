// wire/splice.cpp — edits of a request as cuts in its bytes.
// Why not print it again: provider prompt caches and signatures hang on the very bytes, and what
// we do not know must arrive as it was sent.
#include <utility>
#include <vector>

#include "wire/quirks.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

/// Replaces `what` by `with`; an empty span inserts.
struct Cut {
  Span what;
  std::string with;
};

constexpr std::string_view kIncludeUsage = "\"include_usage\":true";

Cut output_cut(const Call& call, Tokens bound, std::string_view provider) {
  const std::string number = std::to_string(bound.count());
  if (call.output_max_span.length > 0) {
    return {.what = call.output_max_span, .with = number};
  }
  const std::string_view field =
      call.dialect == Dialect::chat ? quirks_of(provider).output_field : "max_tokens";
  return {.what = {.at = call.first_member_at},
          .with = "\"" + std::string(field) + "\":" + number + ","};
}

Cut usage_cut(const Call& call, std::string_view body) {
  if (call.include_usage_span.length > 0) {
    return {.what = call.include_usage_span, .with = "true"};
  }
  const Span options = call.stream_options_span;
  if (options.length == 0) {
    return {.what = {.at = call.first_member_at},
            .with = "\"stream_options\":{" + std::string(kIncludeUsage) + "},"};
  }
  if (body[options.at] != '{') {  // null
    return {.what = options, .with = "{" + std::string(kIncludeUsage) + "}"};
  }
  const std::size_t first = body.find_first_not_of(" \t\r\n", options.at + 1);
  return {.what = {.at = options.at + 1},
          .with = std::string(kIncludeUsage) + (body[first] == '}' ? "" : ",")};
}

}  // namespace

std::string splice(const Call& call, std::string_view body, const Edits& edits) {
  std::vector<Cut> cuts;
  if (edits.output_max) {
    INVARIANT(*edits.output_max >= Tokens(0), "an output bound is never negative");
    cuts.push_back(output_cut(call, *edits.output_max, edits.provider));
  }
  if (edits.ask_usage && call.dialect == Dialect::chat && call.stream && !call.asks_usage) {
    cuts.push_back(usage_cut(call, body));
  }
  if (cuts.size() == 2 && cuts[1].what.at < cuts[0].what.at) {
    std::swap(cuts[0], cuts[1]);
  }

  std::string edited;
  std::size_t done = 0;
  for (const Cut& cut : cuts) {
    INVARIANT(cut.what.at >= done && cut.what.at + cut.what.length <= body.size(),
              "spans lie in the body they were read from, apart from each other");
    edited += body.substr(done, cut.what.at - done);
    edited += cut.with;
    done = cut.what.at + cut.what.length;
  }
  edited += body.substr(done);
  return edited;
}

}  // namespace purser
