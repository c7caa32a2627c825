// simulate/failure.cpp — error bodies of every dialect, and where a stream is to fail.
#include <array>

#include "base/json_text.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

constexpr std::array kFailures{
    Failure{400, "invalid_request_error", "", "invalid_request_error", "Invalid request."},
    Failure{401, "invalid_request_error", "invalid_api_key", "authentication_error",
            "Incorrect API key provided."},
    Failure{402, "insufficient_quota", "credit_balance_exhausted", "billing_error",
            "Your credit balance is too low."},
    Failure{403, "invalid_request_error", "unsupported_country_region_territory",
            "permission_error", "Not permitted."},
    Failure{404, "invalid_request_error", "model_not_found", "not_found_error", "Not found."},
    Failure{408, "server_error", "", "timeout_error", "The request timed out."},
    Failure{409, "invalid_request_error", "", "conflict_error", "Conflict."},
    Failure{413, "invalid_request_error", "", "request_too_large", "Request too large."},
    Failure{429, "requests", "rate_limit_exceeded", "rate_limit_error", "Rate limit reached."},
    Failure{500, "server_error", "", "api_error",
            "The server had an error while processing your request."},
    Failure{502, "server_error", "", "api_error", "Bad gateway."},
    Failure{503, "server_error", "server_is_overloaded", "overloaded_error",
            "The engine is currently overloaded."},
    Failure{504, "server_error", "", "timeout_error", "The request timed out."},
    Failure{529, "server_error", "server_is_overloaded", "overloaded_error", "Overloaded"},
};

std::string_view gemini_status(int status) {
  switch (status) {
    case 400:
    case 413:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 402:
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 408:
    case 504:
      return "DEADLINE_EXCEEDED";
    case 409:
      return "ABORTED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 500:
      return "INTERNAL";
    default:
      return "UNAVAILABLE";
  }
}

void nullable(JsonObject& object, std::string_view name, std::string_view text) {
  if (text.empty()) {
    object.raw(name, "null");
  } else {
    object.text(name, text);
  }
}

}  // namespace

const Failure& failure_of(int status) {
  for (const Failure& failure : kFailures) {
    if (failure.status == status) {
      return failure;
    }
  }
  constexpr std::size_t kInvalid = 0;
  constexpr std::size_t kServer = 9;
  static_assert(kFailures[kServer].status == 500);
  return kFailures[status < 500 ? kInvalid : kServer];
}

std::string failure_body(Dialect dialect, const Failure& failure, std::string_view message,
                         std::string_view param, std::string_view code, std::string_view id) {
  std::string error;
  std::string body;
  JsonObject inner(error);
  if (dialect == Dialect::messages) {
    inner.text("type", failure.messages_type).text("message", message).finish();
    JsonObject(body)
        .text("type", "error")
        .raw("error", error)
        .text("request_id", "req_" + std::string(id))
        .finish();
    return body;
  }
  if (dialect == Dialect::gemini) {
    inner.number("code", failure.status)
        .text("message", message)
        .text("status", gemini_status(failure.status))
        .finish();
    JsonObject(body).raw("error", error).finish();
    return body;
  }
  inner.text("message", message).text("type", failure.chat_type);
  nullable(inner, "param", param);
  nullable(inner, "code", code.empty() ? failure.chat_code : code);
  inner.finish();
  JsonObject(body).raw("error", error).finish();
  return body;
}

std::int64_t Scene::fails_at() const {
  if (!script.error) {
    return INT64_MAX;
  }
  const std::int64_t all = answer.usage.output;
  return std::min(script.error->at.value_or(all / 2), all);
}

std::string_view take_piece(std::string_view& text, std::int64_t tokens) {
  std::size_t end = std::min(text.size(), static_cast<std::size_t>(4 * tokens));
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    ++end;
  }
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end);
  return piece;
}

}  // namespace purser::simulate
