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
  std::string_view gemini_status;
};

constexpr Phrase kPhrases[] = {
    {Refused::money, 402, false, "insufficient_quota", "project_spend_limit_exceeded",
     "billing_error", "PERMISSION_DENIED"},
    {Refused::pace, 429, true, "requests", "rate_limit_exceeded", "rate_limit_error",
     "RESOURCE_EXHAUSTED"},
    {Refused::key, 401, false, "invalid_request_error", "invalid_api_key", "authentication_error",
     "UNAUTHENTICATED"},
    {Refused::forbidden, 403, false, "invalid_request_error", "permission_denied",
     "permission_error", "PERMISSION_DENIED"},
    {Refused::bad_request, 400, false, "invalid_request_error", "invalid_request",
     "invalid_request_error", "INVALID_ARGUMENT"},
    {Refused::too_large, 413, false, "invalid_request_error", "request_too_large",
     "request_too_large", "INVALID_ARGUMENT"},
    {Refused::not_found, 404, false, "invalid_request_error", "not_found", "not_found_error",
     "NOT_FOUND"},
    {Refused::no_price, 400, false, "invalid_request_error", "model_without_price",
     "invalid_request_error", "FAILED_PRECONDITION"},
    {Refused::upstream, 502, true, "server_error", "upstream_error", "api_error", "UNAVAILABLE"},
    {Refused::timeout, 504, true, "server_error", "upstream_timeout", "timeout_error",
     "DEADLINE_EXCEEDED"},
    {Refused::overloaded, 503, true, "server_error", "server_is_overloaded", "overloaded_error",
     "UNAVAILABLE"},
    {Refused::conflict, 409, false, "invalid_request_error", "conflict", "invalid_request_error",
     "ABORTED"},
    {Refused::head, 431, false, "invalid_request_error", "request_header_too_large",
     "invalid_request_error", "INVALID_ARGUMENT"},
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

/// Google's clients read in the details how long to wait, and why a budget is not to be waited for.
std::string gemini_body(const Phrase& phrase, std::string_view message,
                        std::chrono::seconds retry_after) {
  std::string error;
  JsonObject inner(error);
  inner.number("code", phrase.status)
      .text("message", worded(phrase.why, message))
      .text("status", phrase.gemini_status);
  if (phrase.why == Refused::money) {
    inner.raw("details", R"([{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
                         R"("reason":"BILLING_LIMIT_REACHED","domain":"purser"}])");
  } else if (phrase.retry && retry_after.count() > 0) {
    inner.raw("details", R"([{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
                             std::to_string(retry_after.count()) + R"(s"}])");
  }
  inner.finish();
  std::string body;
  JsonObject(body).raw("error", error).finish();
  return body;
}

std::string body_of(Dialect dialect, const Phrase& phrase, std::string_view message,
                    std::string_view request_id, std::chrono::seconds retry_after) {
  switch (dialect) {
    case Dialect::messages:
      return messages_body(phrase, message, request_id);
    case Dialect::gemini:
      return gemini_body(phrase, message, retry_after);
    default:
      return chat_body(phrase, message);
  }
}

}  // namespace

RefusalBody refusal(Dialect dialect, Refused why, std::string_view message,
                    std::string_view request_id, std::chrono::seconds retry_after) {
  const Phrase& phrase = phrase_of(why);
  return {.status = phrase.status,
          .retry = phrase.retry,
          .body = body_of(dialect, phrase, message, request_id, retry_after)};
}

std::string refusal_event(Dialect dialect, Refused why, std::string_view message,
                          std::string_view request_id) {
  if (dialect == Dialect::responses) {
    return responses_event(phrase_of(why), message);
  }
  const std::string_view name = dialect == Dialect::messages ? "event: error\n" : "";
  return std::string(name) + "data: " + body_of(dialect, phrase_of(why), message, request_id, {}) +
         "\n\n";
}

}  // namespace purser
