// wire/refusal.cpp — Purser's own refusals and errors, in the words of each dialect.
// Money is 402 and never to be retried: official SDKs repeat every 408, 409, 429 and 5xx, and one
// of them sleeps for days on a long retry-after. Agents also classify by words in the message, so
// a refusal for money says "insufficient_quota" and "billing" whatever else it says.
#include "base/json_text.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

struct Phrase {
  Refused why;
  int status;
  bool retry;
  std::string_view chat_type;
  std::string_view chat_code;
  std::string_view messages_type;
};

constexpr Phrase kPhrases[] = {
    {Refused::money, 402, false, "insufficient_quota", "project_spend_limit_exceeded",
     "billing_error"},
    {Refused::pace, 429, true, "requests", "rate_limit_exceeded", "rate_limit_error"},
    {Refused::key, 401, false, "invalid_request_error", "invalid_api_key", "authentication_error"},
    {Refused::forbidden, 403, false, "invalid_request_error", "permission_denied",
     "permission_error"},
    {Refused::bad_request, 400, false, "invalid_request_error", "invalid_request",
     "invalid_request_error"},
    {Refused::too_large, 413, false, "invalid_request_error", "request_too_large",
     "request_too_large"},
    {Refused::not_found, 404, false, "invalid_request_error", "not_found", "not_found_error"},
    {Refused::no_price, 400, false, "invalid_request_error", "model_without_price",
     "invalid_request_error"},
    {Refused::upstream, 502, true, "server_error", "upstream_error", "api_error"},
    {Refused::timeout, 504, true, "server_error", "upstream_timeout", "timeout_error"},
    {Refused::overloaded, 503, true, "server_error", "server_is_overloaded", "overloaded_error"},
    {Refused::conflict, 409, false, "invalid_request_error", "conflict", "invalid_request_error"},
    {Refused::head, 431, false, "invalid_request_error", "request_header_too_large",
     "invalid_request_error"},
};

const Phrase& phrase_of(Refused why) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.why == why) {
      return phrase;
    }
  }
  INVARIANT(false, "every refusal has its phrase");
}

std::string worded(Refused why, std::string_view message) {
  std::string text(message);
  if (why == Refused::money) {
    text += " (insufficient_quota: a billing limit set in Purser; retrying will not help)";
  }
  return text;
}

std::string chat_body(const Phrase& phrase, std::string_view message) {
  std::string error;
  JsonObject(error)
      .text("message", worded(phrase.why, message))
      .text("type", phrase.chat_type)
      .raw("param", "null")
      .text("code", phrase.chat_code)
      .finish();
  std::string body;
  JsonObject(body).raw("error", error).finish();
  return body;
}

std::string messages_body(const Phrase& phrase, std::string_view message,
                          std::string_view request_id) {
  std::string error;
  JsonObject inner(error);
  inner.text("type", phrase.messages_type).text("message", worded(phrase.why, message));
  if (phrase.why == Refused::money) {
    inner.raw("details", R"({"error_code":"enforced_spend_limit_reached"})");
  }
  inner.finish();
  std::string body;
  JsonObject(body)
      .text("type", "error")
      .raw("error", error)
      .text("request_id", request_id)
      .finish();
  return body;
}

/// An event of a Responses stream: the words stand in it, not in an object of their own.
std::string responses_event(const Phrase& phrase, std::string_view message) {
  std::string event = "event: error\ndata: ";
  JsonObject(event)
      .text("type", "error")
      .text("code", phrase.chat_code)
      .text("message", worded(phrase.why, message))
      .raw("param", "null")
      .number("sequence_number", 0)
      .finish();
  return event + "\n\n";
}

std::string body_of(Dialect dialect, const Phrase& phrase, std::string_view message,
                    std::string_view request_id) {
  return dialect == Dialect::messages ? messages_body(phrase, message, request_id)
                                      : chat_body(phrase, message);
}

}  // namespace

RefusalBody refusal(Dialect dialect, Refused why, std::string_view message,
                    std::string_view request_id) {
  const Phrase& phrase = phrase_of(why);
  return {.status = phrase.status,
          .retry = phrase.retry,
          .body = body_of(dialect, phrase, message, request_id)};
}

std::string refusal_event(Dialect dialect, Refused why, std::string_view message,
                          std::string_view request_id) {
  if (dialect == Dialect::responses) {
    return responses_event(phrase_of(why), message);
  }
  const std::string_view name = dialect == Dialect::messages ? "event: error\n" : "";
  return std::string(name) + "data: " + body_of(dialect, phrase_of(why), message, request_id) +
         "\n\n";
}

}  // namespace purser
