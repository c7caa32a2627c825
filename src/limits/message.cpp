// limits/message.cpp — finding the braces.
#include "limits/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Everything up to the next placeholder, and the placeholder's name; both are taken off `text`.
struct Step {
  std::string_view plain{};
  std::string_view name{};
  bool ends = false;    // no placeholder follows
  bool closed = false;  // its brace
};

Step take_step(std::string_view& text) {
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) {
    return {.plain = std::exchange(text, {}), .ends = true};
  }
  Step step{.plain = text.substr(0, open)};
  text.remove_prefix(open + 1);
  const std::size_t close = text.find('}');
  step.closed = close != std::string_view::npos;
  step.name = text.substr(0, close);
  text.remove_prefix(step.closed ? close + 1 : text.size());
  return step;
}

}  // namespace

Result<void> check_message(std::string_view text) {
  while (true) {
    const Step step = take_step(text);
    if (step.ends) {
      return {};
    }
    if (!step.closed) {
      return fail(Fault::config, fmt::format("message: \"{{{}\" is not closed", step.name));
    }
    if (std::ranges::find(kPlaceholders, step.name) == kPlaceholders.end()) {
      return fail(Fault::config, fmt::format("message: {{{}}} is none of {{{}}}", step.name,
                                             fmt::join(kPlaceholders, "}, {")));
    }
  }
}

std::string fill_message(std::string_view text,
                         const std::array<std::string, kPlaceholders.size()>& values) {
  std::string out;
  while (true) {
    const Step step = take_step(text);
    out += step.plain;
    if (step.ends) {
      return out;
    }
    const auto found = std::ranges::find(kPlaceholders, step.name);
    INVARIANT(found != kPlaceholders.end(), "messages are checked when they are read");
    out += values[static_cast<std::size_t>(found - kPlaceholders.begin())];
  }
}

}  // namespace purser
