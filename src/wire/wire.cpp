// wire/wire.cpp — the table of dialects, one row each.
#include "wire/wire.hpp"

#include <simdjson.h>

#include "call/input_ratio.hpp"
#include "wire/meters.hpp"
#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct DialectRow {
  Dialect dialect;
  Result<void> (*read)(RequestScan& scan);
  std::unique_ptr<Meter> (*meter)(MeterOptions options);
};

constexpr DialectRow kDialects[] = {
    {.dialect = Dialect::chat, .read = read_chat_request, .meter = make_chat_meter},
    {.dialect = Dialect::messages, .read = read_messages_request, .meter = make_messages_meter},
    {.dialect = Dialect::responses, .read = read_responses_request, .meter = make_responses_meter},
    {.dialect = Dialect::embeddings,
     .read = read_embeddings_request,
     .meter = make_embeddings_meter},
    {.dialect = Dialect::completions,
     .read = read_completions_request,
     .meter = make_completions_meter},
    {.dialect = Dialect::images, .read = read_images_request, .meter = make_images_meter},
    {.dialect = Dialect::gemini, .read = read_gemini_request, .meter = make_gemini_meter},
};

const DialectRow& row_of(Dialect dialect) {
  for (const DialectRow& row : kDialects) {
    if (row.dialect == dialect) {
      return row;
    }
  }
  INVARIANT(false, "every dialect has a row");
}

}  // namespace

Result<Call> read_request(Dialect dialect, std::string_view body, std::string_view model,
                          std::string_view path) {
  Call call;
  call.dialect = dialect;
  call.model = model;
  if (!simdjson::validate_utf8(body.data(), body.size())) {
    return fail(Fault::client, "The body of your request is not valid UTF-8.");
  }
  RequestScan scan(call, body, path);
  call.first_member_at = scan.at() + 1;
  call.prompt_bytes = static_cast<std::int64_t>(body.size());
  if (auto whole = row_of(dialect).read(scan); !whole) {
    return std::unexpected(whole.error());
  }
  if (!model.empty()) {
    call.model = model;  // the path decides, whatever the body says
  }
  return call;
}

std::unique_ptr<Meter> make_meter(Dialect dialect, MeterOptions options) {
  return row_of(dialect).meter(options);
}

bool reports_when_asked(Dialect dialect) {
  return dialect == Dialect::chat || dialect == Dialect::completions;
}

Tokens input_bound(const Call& call) {
  // What providers add unseen: a few tokens to begin, and with tools a system prompt of their own.
  // The framing of a message is less than the JSON around it, which prompt_bytes counts.
  constexpr std::int64_t kFramingTokens = 64;
  // Seen on recorded bills: 430 above the body for Messages' computer tool, 260 for its memory
  // tool, 50 for citations.
  constexpr std::int64_t kMessagesTokens = 512;
  constexpr std::int64_t kToolPromptTokens = 2'048;
  const std::int64_t first = call.prompt_bytes - call.media_bytes + call.media_tokens_max.count() +
                             kFramingTokens + (call.tools > 0 ? kToolPromptTokens : 0) +
                             (call.dialect == Dialect::messages ? kMessagesTokens : 0) +
                             call.state_tokens_max.count();
  return over_rounds(Tokens(first), call.server_tool_rounds_max);
}

}  // namespace purser
