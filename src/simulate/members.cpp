// simulate/members.cpp — what both dialects need to read a request.
#include "simulate/members.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"

namespace purser::simulate {

const json::value* member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const json::object* object_member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

const json::array* array_member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_array();
}

std::string_view text_member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  const json::string* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool true_member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

std::expected<std::optional<std::int64_t>, Rejection> count_member(const json::object& object,
                                                                   std::string_view name,
                                                                   std::int64_t least) {
  const json::value* const found = member(object, name);
  if (found == nullptr) {
    return std::nullopt;
  }
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  if (error || number < least) {
    return reject(fmt::format("{}: expected a whole number of at least {}", name, least),
                  std::string(name));
  }
  return number;
}

namespace {

std::string unknown_model(Dialect dialect, std::string_view name) {
  switch (dialect) {
    case Dialect::messages:
      return fmt::format("model: {}", name);
    case Dialect::gemini:
      return fmt::format("models/{} is not found for API version v1beta.", name);
    default:
      return fmt::format("The model `{}` does not exist or you do not have access to it.", name);
  }
}

}  // namespace

std::expected<void, Rejection> read_model(std::string_view full, Asked& asked) {
  if (full.empty()) {
    return reject("model: Field required", "model");
  }
  const auto mark = full.find('#');
  const std::string_view name = full.substr(0, mark);
  if (mark != std::string_view::npos) {
    asked.suffix = full.substr(mark + 1);
  }
  asked.model = find_model(name);
  if (asked.model == nullptr || !of_one_provider(asked.model->dialect, asked.dialect)) {
    return std::unexpected(Rejection{.status = 404,
                                     .message = unknown_model(asked.dialect, name),
                                     .param = "model",
                                     .code = "model_not_found"});
  }
  return {};
}

std::unexpected<Rejection> reject(std::string message, std::string param, std::string code) {
  return std::unexpected(Rejection{.status = 400,
                                   .message = std::move(message),
                                   .param = std::move(param),
                                   .code = std::move(code)});
}

std::expected<void, Rejection> read_openai_tier(const json::object& body, Asked& asked) {
  const std::string_view tier = text_member(body, "service_tier");
  if (tier == "priority" || tier == "fast") {
    // A model without a faster lane answers in the usual one, and says so.
    asked.terms.tier = asked.model->priority_percent > 0 ? Tier::priority : Tier::standard;
  } else if (tier == "flex") {
    if (!asked.model->flex) {
      return reject(fmt::format("Invalid service_tier argument: flex is not available for {}.",
                                asked.model->id),
                    "service_tier", "invalid_value");
    }
    asked.terms.tier = Tier::flex;
  } else if (!tier.empty() && tier != "auto" && tier != "default") {
    return reject("Invalid service_tier argument", "service_tier", "invalid_value");
  }
  return {};
}

void Scribe::text(std::string_view text) {
  asked_.rendered += text;
  tokens_ += tokens_of(text);
}

void Scribe::media(const json::value& value, std::int64_t tokens) {
  const Digest name = digest(json::serialize(value));
  asked_.rendered += fmt::format("{:016x}", name.low);
  tokens_ += tokens;
}

void Scribe::frame(char role) {
  asked_.rendered += role;
  tokens_ += kFramingTokens;
}

void Scribe::close(Block::Section section, Block::Kind kind, Lifetime mark) {
  asked_.blocks.push_back({.section = section,
                           .kind = kind,
                           .mark = mark,
                           .end = asked_.rendered.size(),
                           .tokens = tokens_});
  asked_.prompt_tokens += tokens_;
  tokens_ = 0;
}

}  // namespace purser::simulate
