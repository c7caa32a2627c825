// call/call.cpp — names of the enumerations, as they stand in JSON, SQL and logs.
#include "call/call.hpp"

#include "call/caller.hpp"

namespace purser {

std::string_view to_string(Dialect dialect) {
  switch (dialect) {
    case Dialect::chat:
      return "chat";
    case Dialect::messages:
      return "messages";
    case Dialect::vendor:
      return "vendor";
    case Dialect::responses:
      return "responses";
    case Dialect::embeddings:
      return "embeddings";
    case Dialect::completions:
      return "completions";
    case Dialect::images:
      return "images";
    case Dialect::tool:
      return "tool";
    case Dialect::gemini:
      return "gemini";
  }
  return "chat";
}

std::optional<Dialect> dialect_named(std::string_view name, std::span<const Dialect> among) {
  for (const Dialect dialect : among) {
    if (to_string(dialect) == name) {
      return dialect;
    }
  }
  return std::nullopt;
}

std::string names_of(std::span<const Dialect> dialects) {
  std::string text;
  for (std::size_t i = 0; i < dialects.size(); ++i) {
    text += i == 0 ? "" : i + 1 == dialects.size() ? " or " : ", ";
    text += to_string(dialects[i]);
  }
  return text;
}

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::background:
      return "background";
    case Priority::normal:
      return "normal";
    case Priority::essential:
      return "essential";
  }
  return "normal";
}

}  // namespace purser
