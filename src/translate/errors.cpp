// translate/errors.cpp — a provider's error in the words of the client's dialect.
// The status alone decides whether an SDK tries again, so it says the same after translation; money
// is 402 in every dialect, because 429 would be tried again.
#include "translate/dialects.hpp"

namespace purser::translate {
namespace {

struct Phrase {
  Trouble trouble;
  int status;
  std::string_view openai_type;
  std::string_view openai_code;
  std::string_view messages_type;
  std::string_view gemini_status;
};
constexpr Phrase kPhrases[] = {
    {Trouble::bad_request, 400, "invalid_request_error", "invalid_request", "invalid_request_error",
     "INVALID_ARGUMENT"},
    {Trouble::key, 401, "invalid_request_error", "invalid_api_key", "authentication_error",
     "UNAUTHENTICATED"},
    {Trouble::money, 402, "insufficient_quota", "insufficient_quota", "billing_error",
     "RESOURCE_EXHAUSTED"},
    {Trouble::forbidden, 403, "invalid_request_error", "permission_denied", "permission_error",
     "PERMISSION_DENIED"},
    {Trouble::not_found, 404, "invalid_request_error", "not_found", "not_found_error", "NOT_FOUND"},
    {Trouble::conflict, 409, "invalid_request_error", "conflict", "conflict_error", "ABORTED"},
    {Trouble::too_large, 413, "invalid_request_error", "request_too_large", "request_too_large",
     "INVALID_ARGUMENT"},
    {Trouble::pace, 429, "requests", "rate_limit_exceeded", "rate_limit_error",
     "RESOURCE_EXHAUSTED"},
    {Trouble::server, 500, "server_error", "server_error", "api_error", "INTERNAL"},
    {Trouble::overloaded, 503, "server_error", "server_is_overloaded", "overloaded_error",
     "UNAVAILABLE"},
    {Trouble::timeout, 504, "server_error", "timeout", "timeout_error", "DEADLINE_EXCEEDED"},
};
static_assert(std::size(kPhrases) == kTroubles);

/// Words of errors that say more than their status.
struct Telling {
  std::string_view word;
  Trouble trouble;
};
constexpr Telling kTelling[] = {
    {"insufficient_quota", Trouble::money},
    {"credit_balance_exhausted", Trouble::money},
    {"organization_spend_limit_exceeded", Trouble::money},
    {"project_spend_limit_exceeded", Trouble::money},
    {"organization_usage_limit_exceeded", Trouble::money},
    {"billing_not_active", Trouble::money},
    {"billing_error", Trouble::money},
    {"enforced_spend_limit_reached", Trouble::money},
    {"contract_spend_limit_reached", Trouble::money},
    {"slow_down", Trouble::pace},
    {"rate_limit_exceeded", Trouble::pace},
    {"invalid_api_key", Trouble::key},
    {"invalid_prompt", Trouble::bad_request},
    {"server_is_overloaded", Trouble::overloaded},
};

const Phrase& phrase_of(Trouble trouble) {
  return *std::ranges::find(kPhrases, trouble, &Phrase::trouble);
}

Trouble trouble_of(int status) {
  if (status == 529) {  // Anthropic's own
    return Trouble::overloaded;
  }
  if (status == 408) {
    return Trouble::timeout;
  }
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  if (found != std::end(kPhrases)) {
    return found->trouble;
  }
  return status >= 400 && status < 500 ? Trouble::bad_request : Trouble::server;
}

std::optional<Trouble> told(std::string_view word) {
  const auto telling = std::ranges::find(kTelling, word, &Telling::word);
  if (telling != std::end(kTelling)) {
    return telling->trouble;
  }
  for (const auto name : {&Phrase::messages_type, &Phrase::gemini_status}) {
    const auto found = std::ranges::find(kPhrases, word, name);
    // OpenAI uses the same word for many things, of which the status says more.
    if (found != std::end(kPhrases) && found->trouble != Trouble::bad_request &&
        word != "RESOURCE_EXHAUSTED") {
      return found->trouble;
    }
  }
  return {};
}

std::string text_in(const json::object& from, std::string_view name) {
  const json::value* const value = from.if_contains({name.data(), name.size()});
  if (value == nullptr) {
    return {};
  }
  return value->is_number() ? print(*value) : std::string(text_of(*value));
}

const json::object* error_of(const json::value& body) {
  if (const json::array* const list = body.if_array()) {  // Gemini's streams without SSE
    return list->empty() ? nullptr : error_of(list->front());
  }
  const json::object* const object = body.if_object();
  const json::value* const error = object == nullptr ? nullptr : object->if_contains("error");
  return error == nullptr ? object : error->is_object() ? &error->get_object() : object;
}

}  // namespace

Problem problem_in(const json::value& body, int status) {
  Problem problem{.trouble = trouble_of(status)};
  const json::object* const error = error_of(body);
  if (error == nullptr) {
    return problem;
  }
  problem.message = text_in(*error, "message");
  if (problem.message.empty()) {
    problem.message = text_in(*error, "error");
  }
  if (const json::object* const outer = body.if_object()) {
    problem.request_id = text_in(*outer, "request_id");
  }
  // The more particular word last: it decides, and is the one kept.
  std::string details;
  if (const json::value* const more = error->if_contains("details"); more && more->is_object()) {
    details = text_in(more->get_object(), "error_code");
  }
  for (const std::string& word :
       {text_in(*error, "type"), text_in(*error, "status"), text_in(*error, "code"), details}) {
    if (const auto trouble = told(word)) {
      problem.trouble = *trouble;
    }
    problem.code = word.empty() ? problem.code : word;
  }
  return problem;
}

Problem read_error(Wire, int status, std::string_view body) {
  const auto tree = parsed(body);
  Problem problem = tree ? problem_in(*tree, status) : Problem{.trouble = trouble_of(status)};
  if (problem.message.empty()) {
    problem.message = "the provider answered " + std::to_string(status);
  }
  return problem;
}

json::object error_body(Wire wire, const Problem& problem) {
  const Phrase& phrase = phrase_of(problem.trouble);
  switch (wire) {
    case Wire::messages:
      return {{"type", "error"},
              {"error", {{"type", phrase.messages_type}, {"message", problem.message}}},
              {"request_id", problem.request_id.empty() ? json::value(nullptr)
                                                        : json::value(problem.request_id)}};
    case Wire::gemini:
      return {{"error",
               {{"code", phrase.status},
                {"message", problem.message},
                {"status", phrase.gemini_status}}}};
    case Wire::chat:
    case Wire::responses:
      break;
  }
  return {{"error",
           {{"message", problem.message},
            {"type", phrase.openai_type},
            {"param", nullptr},
            {"code", phrase.openai_code}}}};
}

ErrorAnswer write_error(Wire wire, const Problem& problem) {
  const int status = phrase_of(problem.trouble).status;
  return {.status = wire == Wire::messages && status == 503 ? 529 : status,
          .body = print(error_body(wire, problem))};
}

std::string_view openai_code(const Problem& problem) {
  return phrase_of(problem.trouble).openai_code;
}

}  // namespace purser::translate
