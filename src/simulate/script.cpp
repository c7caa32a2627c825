// simulate/script.cpp — one table of words: header, flag, help and test read the same one.
#include "simulate/script.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "simulate/options.hpp"

namespace purser::simulate {
namespace {

using Number = std::optional<std::int64_t>;
using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Word {
  std::string_view name;
  std::string_view meaning;
  void (*apply)(Script&, Number);
};

constexpr std::array kWords{
    Word{"quota", "429 as for an empty account", [](Script& s, Number) { s.quota = true; }},
    Word{"retry-after", "seconds, sent with an error status",
         [](Script& s, Number n) { s.retry_after = n.value_or(1); }},
    Word{"close", "the connection ends before any byte; not billed",
         [](Script& s, Number) { s.close = true; }},
    Word{"cut", "the body ends after this many bytes; billed as generated",
         [](Script& s, Number n) { s.cut = Place{n}; }},
    Word{"cut-unbilled", "the same, not billed",
         [](Script& s, Number n) {
           s.cut = Place{n};
           s.unbilled = true;
         }},
    Word{"error", "an error event after this many tokens; billed as generated",
         [](Script& s, Number n) { s.error = Place{n}; }},
    Word{"error-unbilled", "the same, not billed",
         [](Script& s, Number n) {
           s.error = Place{n};
           s.unbilled = true;
         }},
    Word{"stall", "milliseconds of silence in the middle (60000)",
         [](Script& s, Number n) { s.stall = milliseconds(n.value_or(60'000)); }},
    Word{"drip", "milliseconds between every seven bytes (1)",
         [](Script& s, Number n) { s.drip = milliseconds(n.value_or(1)); }},
    Word{"malformed", "JSON that is none", [](Script& s, Number) { s.malformed = true; }},
    Word{"no-usage", "usage is left out", [](Script& s, Number) { s.no_usage = true; }},
    Word{"zero-usage", "usage is all zero, and so is the bill",
         [](Script& s, Number) { s.zero_usage = true; }},
    Word{"ignore-cap", "more output than max_tokens",
         [](Script& s, Number) { s.ignore_cap = true; }},
    Word{"downgrade", "service tier standard, whatever was asked",
         [](Script& s, Number) { s.downgrade = true; }},
    Word{"priority", "service tier priority where none was asked, as a project may set it",
         [](Script& s, Number) { s.priority = true; }},
    Word{"refusal", "refused by the model; messages: not billed",
         [](Script& s, Number) { s.refusal = true; }},
    Word{"refusal-midway", "refused after some output; billed",
         [](Script& s, Number) { s.refusal_midway = true; }},
    Word{"tool", "calls a tool, when tools are offered", [](Script& s, Number) { s.tool = true; }},
    Word{"no-tool", "calls none", [](Script& s, Number) { s.no_tool = true; }},
    Word{"stop-sequence", "ends at a stop sequence, when there is one",
         [](Script& s, Number) { s.stop_sequence = true; }},
    Word{"output", "tokens of output, reasoning inside",
         [](Script& s, Number n) { s.output = n.value_or(1); }},
    Word{"reasoning", "of which reasoning",
         [](Script& s, Number n) { s.reasoning = n.value_or(0); }},
    Word{"search", "web searches run by the provider",
         [](Script& s, Number n) { s.searches = n.value_or(1); }},
    Word{"first-byte", "milliseconds to the first byte",
         [](Script& s, Number n) { s.first_byte = milliseconds(n.value_or(0)); }},
    Word{"per-token", "microseconds an output token",
         [](Script& s, Number n) { s.per_token = microseconds(n.value_or(0)); }},
};

constexpr std::int64_t kNumberMax = 1'000'000'000;  // a billion of anything is past every use

Result<Number> parse_number(std::string_view word, std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 0 || number > kNumberMax) {
    return fail(Fault::client, fmt::format("'{}' needs a whole number after '='", word));
  }
  return number;
}

bool is_status(std::string_view name) {
  return name.size() == 3 && (name[0] == '4' || name[0] == '5') && name[1] >= '0' &&
         name[1] <= '9' && name[2] >= '0' && name[2] <= '9';
}

Result<void> add_word(Script& script, std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (is_status(text)) {
    script.status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    return {};
  }
  Number number;
  if (equals != std::string_view::npos) {
    const auto parsed = parse_number(name, text.substr(equals + 1));
    if (!parsed) {
      return std::unexpected(parsed.error());
    }
    number = *parsed;
  }
  for (const Word& word : kWords) {
    if (word.name == name) {
      word.apply(script, number);
      return {};
    }
  }
  return fail(Fault::client, fmt::format("the simulator knows no word '{}'", name));
}

}  // namespace

Result<void> add_words(Script& script, std::string_view words) {
  constexpr std::string_view kBetween = " ,;\t";
  while (true) {
    const auto begin = words.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) {
      return {};
    }
    words.remove_prefix(begin);
    const auto end = words.find_first_of(kBetween);
    if (const auto added = add_word(script, words.substr(0, end)); !added) {
      return added;
    }
    words.remove_prefix(end == std::string_view::npos ? words.size() : end);
  }
}

std::string words_help() {
  std::string help = fmt::format("  {:<15} {}\n", "400 … 599", "that status; not billed");
  for (const Word& word : kWords) {
    help += fmt::format("  {:<15} {}\n", word.name, word.meaning);
  }
  return help;
}

Result<FaultRate> parse_fault_rate(std::string_view text) {
  const auto equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(Fault::config, fmt::format("'{}': write a word and its rate, as 429=0.02", text));
  }
  FaultRate fault{.word = std::string(text.substr(0, equals))};
  const std::string_view digits = text.substr(equals + 1);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, fault.rate);
  if (error != std::errc{} || stop != end || !(fault.rate >= 0 && fault.rate <= 1)) {
    return fail(Fault::config, fmt::format("'{}': a rate is a number from 0 to 1", text));
  }
  Script scratch;
  if (const auto known = add_words(scratch, fault.word); !known) {
    return fail(Fault::config, known.error().message);
  }
  return fault;
}

}  // namespace purser::simulate
