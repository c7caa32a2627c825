// simulate/answer.cpp — lengths from the seed, caps from the request, words from a short list.
#include "simulate/answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json_text.hpp"
#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

constexpr std::string_view kRefusalText = "I can't help with that.";
constexpr std::int64_t kTokensPerSearch = 100;  // that its results add to the prompt
constexpr std::int64_t kOutputMeansMax = 20;    // no answer is longer than so many means

/// Every word is one token: four bytes with its space, as tokens_of() counts.
constexpr std::array<std::string_view, 32> kWords{
    "the ", "cat ", "sat ", "and ", "saw ", "how ", "one ", "red ", "sun ", "set ", "far ",
    "off ", "but ", "who ", "can ", "say ", "why ", "it's", " so ", "now ", "two ", "men ",
    "row ", "out ", "bay ", "cé ",  "où ",  "new ", "ice ", "old ", "sea ", "sky "};
static_assert(std::ranges::all_of(kWords, [](auto word) { return word.size() == 4; }));

std::string words(std::int64_t tokens, Seed& seed) {
  std::string text;
  text.reserve(static_cast<std::size_t>(tokens) * 4);
  std::uint64_t bits = 0;
  for (std::int64_t i = 0; i < tokens; ++i) {
    bits = i % 12 == 0 ? seed.next() : bits >> 5;
    text += kWords[bits & 31];
  }
  return text;
}

std::int64_t exponential(std::int64_t mean, Seed& seed) {
  const double sample = -std::log(1.0 - seed.unit()) * static_cast<double>(mean);
  return std::clamp(static_cast<std::int64_t>(sample), std::int64_t{1}, mean * kOutputMeansMax);
}

/// A value that a JSON schema would accept, nearly always.
void append_sample(std::string& out, const json::object* schema, Seed& seed) {
  if (schema == nullptr) {
    out += "null";
    return;
  }
  if (const json::array* const choices = array_member(*schema, "enum");
      choices != nullptr && !choices->empty()) {
    out += json::serialize((*choices)[seed.below(choices->size())]);
    return;
  }
  std::string type(text_member(*schema, "type"));
  std::ranges::transform(type, type.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  if (type == "string") {
    append_json_string(out, words(2, seed));
  } else if (type == "integer" || type == "number") {
    out += std::to_string(seed.below(100));
  } else if (type == "boolean") {
    out += seed.below(2) == 0 ? "false" : "true";
  } else if (type == "array") {
    out += "[]";
  } else {
    out += "{}";
  }
}

std::string sample_arguments(const json::object* schema, Seed& seed) {
  std::string out;
  JsonObject arguments(out);
  const json::object* const members =
      schema == nullptr ? nullptr : object_member(*schema, "properties");
  if (members != nullptr) {
    for (const auto& [name, value] : *members) {
      std::string sample;
      append_sample(sample, value.if_object(), seed);
      arguments.raw(name, sample);
    }
  }
  arguments.finish();
  return out;
}

const Tool* choose_tool(const Asked& asked, const Script& script, const Options& options,
                        Seed& seed) {
  const bool chance = seed.unit() < options.tool_call_rate;
  const bool wants = asked.tool_choice == ToolChoice::required ||
                     (asked.tool_choice == ToolChoice::automatic && (script.tool || chance));
  if (asked.tools.empty() || script.no_tool || !wants) {
    return nullptr;
  }
  const auto forced = std::ranges::find(asked.tools, asked.forced_tool, &Tool::name);
  return forced != asked.tools.end() ? &*forced : &asked.tools[seed.below(asked.tools.size())];
}

/// How many tokens one choice may have, and how many it wants.
struct Room {
  std::int64_t most = 0;
  std::int64_t wanted = 0;
};

Room room_for(const Asked& asked, const Script& script, const Options& options, Seed& seed) {
  Room room{
      .most = std::min(asked.output_max.value_or(asked.model->output_max), asked.model->output_max),
      .wanted = script.output.value_or(exponential(options.output_mean, seed))};
  if (script.ignore_cap) {
    room.wanted = std::min(room.wanted, 2 * asked.model->output_max);
    room.wanted = std::max(room.wanted, room.most + room.most / 2 + 10);
    room.most = room.wanted;
  }
  return room;
}

void end_at_stop(Choice& choice, const Asked& asked, const Script& script, Seed& seed) {
  std::size_t end = std::string::npos;
  for (const std::string_view stop : asked.stops) {
    const std::size_t found = choice.text.find(stop);
    if (found < end) {
      end = found;
      choice.stop = stop;
    }
  }
  const bool chance = seed.below(4) == 0;
  if (end == std::string::npos && !asked.stops.empty() && (chance || script.stop_sequence)) {
    end = 4 * seed.below(static_cast<std::uint64_t>(choice.tokens) + 1);
    choice.stop = asked.stops.front();
  }
  if (end == std::string::npos) {
    return;
  }
  choice.text.resize(std::min(end, choice.text.size()));
  choice.tokens = tokens_of(choice.text);
  choice.finish = Finish::stop_sequence;
}

Choice call_tool(const Tool& tool, const Room& room, std::int64_t reasoning, Seed& seed) {
  Choice choice{.tool = tool.name,
                .arguments = sample_arguments(tool.schema, seed),
                .reasoning = std::min(reasoning, room.most),
                .finish = Finish::tool};
  choice.tokens = tokens_of(tool.name) + tokens_of(choice.arguments);
  const std::int64_t left = room.most - choice.reasoning;
  if (choice.tokens > left) {
    choice.tokens = left;
    choice.arguments.resize(std::min(choice.arguments.size(), static_cast<std::size_t>(4 * left)));
    choice.finish = Finish::length;
  }
  return choice;
}

Choice say(const Asked& asked, const Script& script, const Room& room, std::int64_t reasoning,
           Seed& seed) {
  const std::int64_t total = std::min(room.wanted, room.most);
  Choice choice{.reasoning = std::min(reasoning, total),
                .finish = room.wanted > room.most ? Finish::length : Finish::done};
  choice.tokens = total - choice.reasoning;
  choice.text = words(choice.tokens, seed);
  if (script.refusal_midway) {
    choice.finish = Finish::refusal;
  } else {
    end_at_stop(choice, asked, script, seed);
  }
  return choice;
}

Choice refuse(const Asked& asked) {
  Choice choice{.tokens = 1, .finish = Finish::refusal};
  if (is_openai(asked.dialect)) {
    choice.text = kRefusalText;
    choice.tokens = tokens_of(choice.text);
  } else if (asked.dialect == Dialect::gemini) {
    choice.tokens = 0;  // the prompt is blocked
  }
  return choice;
}

Choice decide_choice(const Asked& asked, const Script& script, const Options& options, Seed& seed) {
  if (script.refusal) {
    return refuse(asked);
  }
  const Room room = room_for(asked, script, options, seed);
  const std::int64_t thought = asked.thinks ? room.wanted / 2 : 0;
  const std::int64_t reasoning = script.reasoning.value_or(thought);
  const Tool* const tool = choose_tool(asked, script, options, seed);
  return tool != nullptr ? call_tool(*tool, room, reasoning, seed)
                         : say(asked, script, room, reasoning, seed);
}

}  // namespace

Answer decide(const Asked& asked, const Script& script, const CacheUse& cached,
              const Options& options, Seed seed) {
  Answer answer{.terms = asked.terms};
  if (script.downgrade) {
    answer.terms.tier = Tier::standard;
    answer.terms.fast = false;
  }
  if (script.priority && asked.model->priority_percent > 0 && answer.terms.tier == Tier::standard) {
    answer.terms.tier = Tier::priority;
  }
  answer.free = script.refusal && asked.dialect == Dialect::messages;
  Usage& usage = answer.usage;
  usage.cache_read = cached.read;
  usage.cache_write_short = cached.write_short;
  usage.cache_write_long = cached.write_long;
  usage.input = asked.prompt_tokens - usage.prompt();
  const bool only_warms = asked.output_max == 0;  // the messages API fills its cache so
  if (asked.searches_max > 0 && !only_warms && !script.refusal) {
    const auto chance = seed.below(static_cast<std::uint64_t>(asked.searches_max) + 1);
    usage.searches =
        std::min(script.searches.value_or(static_cast<std::int64_t>(chance)), asked.searches_max);
    answer.input_grown = usage.searches * kTokensPerSearch;
    usage.input += answer.input_grown;
  }
  if (asked.file_searches_max > 0 && !script.refusal) {
    const auto chance = seed.below(static_cast<std::uint64_t>(asked.file_searches_max) + 1);
    usage.file_searches = std::min(script.searches.value_or(static_cast<std::int64_t>(chance)),
                                   asked.file_searches_max);
  }
  for (std::int64_t i = 0; i < asked.choices && !only_warms; ++i) {
    answer.choices.push_back(decide_choice(asked, script, options, seed));
    usage.output += answer.choices.back().tokens + answer.choices.back().reasoning;
    usage.reasoning += answer.choices.back().reasoning;
  }
  return answer;
}

}  // namespace purser::simulate
