// translate/round_trip_test.cpp — what each pair of dialects keeps: the table of
// docs/translation.md, held by conversations made at random, there and back again.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <set>

#include "translate/base64.hpp"
#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {
namespace {

/// A row of the table: a thing, and how each dialect of kWires can say it.
struct Kept {
  std::string_view what;
  std::array<bool, kWires.size()> by;
};
constexpr Kept kKept[] = {
    {"instructions, text, turns", {true, true, true, true}},
    {"tool calls: id, name, arguments", {true, true, true, true}},
    {"tool results: text", {true, true, true, true}},
    {"tool results: media", {false, true, true, true}},
    {"tool results: is_error", {false, true, false, true}},
    {"images, inline or by URL", {true, true, true, true}},
    {"PDF, inline", {true, true, true, true}},
    {"PDF, by URL", {false, true, true, true}},
    {"audio, inline", {true, false, false, true}},
    {"thoughts of the provider's own", {false, true, true, true}},
    {"tools: name, description, schema", {true, true, true, true}},
    {"tools: strict", {true, true, true, false}},
    {"tool choice: auto, none, required, named", {true, true, true, true}},
    {"tool choice: some of the tools", {true, false, true, true}},
    {"tool choice: one call at a time", {true, true, true, false}},
    {"output bound", {true, true, true, true}},
    {"temperature up to 1", {true, true, true, true}},
    {"top_p, without temperature", {true, true, true, true}},
    {"top_k", {false, true, false, true}},
    {"stop sequences, up to 4", {true, true, false, true}},
    {"seed, penalties", {true, false, false, true}},
    {"n, of answers that are not streamed", {true, false, false, true}},
    {"effort: low, medium, high", {true, true, true, true}},
    {"thinking budget", {false, true, false, true}},
    {"format: JSON", {true, false, true, true}},
    {"format: JSON Schema", {true, true, true, true}},
    {"verbosity", {true, false, true, false}},
    {"user", {true, true, true, false}},
    {"metadata", {true, false, true, false}},
    {"prompt cache key", {true, false, true, false}},
    {"prompt cache marks", {false, true, false, false}},
};

bool keeps(std::string_view what, Wire wire) {
  const auto row = std::ranges::find(kKept, what, &Kept::what);
  EXPECT_NE(row, std::end(kKept)) << what;
  return row != std::end(kKept) && row->by[static_cast<std::size_t>(wire)];
}

TEST(RoundTrip, TheTableInTheDocumentationIsThisOne) {
  std::ifstream file(PURSER_SOURCE_DIR "/docs/translation.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const Kept& row : kKept) {
    std::string line = "| " + std::string(row.what) + " |";
    for (const bool kept : row.by) {
      line += kept ? " yes |" : " – |";
    }
    EXPECT_NE(page.find(line + "\n"), std::string::npos) << line;
  }
}

template <typename T>
T one_of(std::initializer_list<T> values) {
  return *rc::gen::elementOf(std::vector<T>(values));
}

bool flip() {
  return *rc::gen::arbitrary<bool>();
}

std::string words() {
  return one_of<std::string>({"a", "Ünï ⟨🙂⟩", "two\nlines", R"({"a":1})", " b ", "[\"x\"]"});
}

Part media_part() {
  const std::string data = to_base64(words());
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return {.what = Media{.kind = MediaKind::image, .mime = "image/png", .data = data}};
    case 1:
      return {.what = Media{.kind = MediaKind::document, .mime = "application/pdf", .data = data}};
    case 2:
      return {.what = Media{.kind = MediaKind::audio, .mime = "audio/wav", .data = data}};
    case 3:
      return {.what = Media{.kind = MediaKind::document, .url = "https://x.test/a.pdf?b=c"}};
    default:
      return {.what = Media{.kind = MediaKind::image, .url = "https://x.test/a.png"}};
  }
}

std::string call_id(int index) {
  return one_of<std::string>({"call_", "toolu_", "functions.f:", "purser_"}) +
         std::to_string(index);
}

/// Turns that alternate, the user's first, calls answered at once: what every dialect can say.
std::vector<Turn> some_turns(Wire from) {
  std::vector<Turn> turns;
  std::vector<ToolCall> open;
  int calls = 0;
  for (int left = *rc::gen::inRange(1, 5); left > 0; --left) {
    Turn user{.role = Role::user};
    for (const ToolCall& call : open) {
      ToolResult result{.call_id = call.id, .name = call.name, .is_error = flip()};
      result.content.emplace_back(Text{.text = words()});
      if (flip()) {
        result.content.emplace_back(
            Media{.kind = MediaKind::image, .mime = "image/png", .data = "aGk="});
      }
      user.parts.push_back({.what = std::move(result)});
    }
    user.parts.push_back({.what = Text{.text = words()}});
    if (flip()) {
      user.parts.push_back(media_part());
    }
    if (flip()) {
      user.parts.back().cache = CacheMark{.ttl = "1h"};
    }
    turns.push_back(std::move(user));
    open.clear();
    Turn assistant{.role = Role::assistant};
    if (flip()) {
      const std::string seal = from == Wire::responses ? "rs_1:c2ln" : "c2ln";
      assistant.parts.push_back({.what = Thinking{.text = words(), .seal = Sealed{from, seal}}});
    }
    assistant.parts.push_back({.what = Text{.text = words()}});
    for (int more = *rc::gen::inRange(0, 3); more > 0; --more) {
      open.push_back({.id = call_id(calls++), .name = "f", .arguments = R"({"a":[1,"x"]})"});
      assistant.parts.push_back({.what = open.back()});
    }
    turns.push_back(std::move(assistant));
  }
  if (!open.empty()) {
    turns.pop_back();  // a call is answered
  }
  return turns;
}

Conversation some_conversation(Wire from) {
  Conversation made{.from = from, .model = "m"};
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
    made.instructions.push_back({.what = Text{.text = words()}});
  }
  made.turns = some_turns(from);
  const json::value schema =
      json::object{{"type", "object"},
                   {"properties", {{"a", {{"type", "array"}, {"items", json::object()}}}}},
                   {"required", json::array{"a"}},
                   {"additionalProperties", false}};
  made.tools.push_back({.name = "f", .description = words(), .schema = schema, .strict = flip()});
  made.tools.push_back({.name = "g", .schema = schema, .strict = false});
  ToolChoice& choice = made.tool_choice;
  choice.choice = one_of({Choice::automatic, Choice::none, Choice::required, Choice::named});
  if (choice.choice == Choice::named) {
    choice.names = {"f"};
  } else if (choice.choice == Choice::required && flip()) {
    choice.names = {"f", "g"};
  }
  if (choice.choice != Choice::none && flip()) {
    choice.parallel = flip();
  }
  Settings& settings = made.settings;
  settings.output_max = *rc::gen::inRange<std::int64_t>(3000, 90000);
  if (flip()) {
    settings.temperature = 0.5;
  } else {
    settings.top_p = 0.25;
  }
  if (flip()) {
    settings.top_k = 5;
    settings.stop = {"END", "STOP"};
    settings.seed = 7;
    settings.choices = 2;
    settings.presence_penalty = 0.5;
    settings.verbosity = "low";
    settings.user = "u-1";
    settings.metadata = {{"team", "a"}};
    settings.cache_key = "k";
  }
  if (flip() && choice.choice == Choice::automatic) {  // Anthropic does not think before a forced
    if (flip()) {                                      // call, nor at another temperature
      settings.effort.level = one_of<std::string>({"low", "medium", "high"});
    } else {
      settings.effort.budget = 2000;
    }
    settings.temperature.reset();
    settings.top_p.reset();
    settings.top_k.reset();
  }
  settings.format.shape = one_of({Shape::text, Shape::json, Shape::schema});
  if (settings.format.shape == Shape::schema) {
    settings.format.schema = schema;
  }
  settings.stream = flip();
  return made;
}

/// What is left of a conversation when `wire` has no words for the rest.
class Left {
 public:
  explicit Left(Wire wire) : wire_(wire) {}

  std::vector<Turn> of(const std::vector<Turn>& turns) const {
    std::vector<Turn> left;
    for (const Turn& turn : turns) {
      Turn kept{.role = turn.role};
      for (Part part : turn.parts) {
        if (keep(part)) {
          kept.parts.push_back(std::move(part));
        }
      }
      left.push_back(std::move(kept));
    }
    return left;
  }

 private:
  bool keep(Part& part) const {
    if (!keeps("prompt cache marks", wire_)) {
      part.cache.reset();
    }
    if (const auto* const media = std::get_if<Media>(&part.what)) {
      const bool linked = media->kind == MediaKind::document && media->data.empty();
      return (media->kind != MediaKind::audio || keeps("audio, inline", wire_)) &&
             (!linked || keeps("PDF, by URL", wire_));
    }
    if (auto* const result = std::get_if<ToolResult>(&part.what)) {
      result->is_error = result->is_error && keeps("tool results: is_error", wire_);
      result->name.clear();  // the id says whose it is
      if (!keeps("tool results: media", wire_)) {
        std::erase_if(result->content,
                      [](const auto& item) { return std::holds_alternative<Media>(item); });
      }
    }
    return !std::holds_alternative<Thinking>(part.what);  // sealed for another, or compared apart
  }
  Wire wire_;
};

void tell(const std::variant<Text, Media>& item, std::string& all) {
  if (const auto* const text = std::get_if<Text>(&item)) {
    all += "\"" + text->text + "\"";
  } else {
    const auto& media = std::get<Media>(item);
    all += std::string(to_string(media.kind)) + " " +
           (media.data.empty() ? media.url : media.mime + media.data);
  }
}

/// All that is compared of turns, to be read where it differs. Names of documents are put in where
/// one is required, and results are known by their ids.
std::string told(const std::vector<Turn>& turns) {
  std::string all;
  std::optional<Role> speaking;
  for (const Turn& turn : turns) {
    if (speaking != turn.role) {  // a dialect may cut a turn in two messages
      all += turn.role == Role::user ? "\nuser:" : "\nassistant:";
      speaking = turn.role;
    }
    for (const Part& part : turn.parts) {
      if (std::holds_alternative<Thinking>(part.what)) {
        continue;
      }
      all += "\n  ";
      if (const auto* const text = std::get_if<Text>(&part.what)) {
        tell(*text, all);
      } else if (const auto* const media = std::get_if<Media>(&part.what)) {
        tell(*media, all);
      } else if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
        all += "call " + call->id + " " + call->name + print(parsed(call->arguments).value());
      } else if (const auto* const result = std::get_if<ToolResult>(&part.what)) {
        all += (result->is_error ? "error " : "result ") + result->call_id;
        for (const auto& item : result->content) {
          tell(item, all += " ");
        }
      }
      all += part.cache ? " cache " + part.cache->ttl : "";
    }
  }
  return all;
}

/// The pictures that tools brought stand behind their results, as the user's own.
bool moves_media(Wire wire, const Conversation& made) {
  return !keeps("tool results: media", wire) &&
         std::ranges::any_of(made.turns, [](const Turn& turn) {
           return std::ranges::any_of(turn.parts, [](const Part& part) {
             const auto* const result = std::get_if<ToolResult>(&part.what);
             return result != nullptr && result->content.size() > 1;
           });
         });
}

void check_settings(const Conversation& made, const Conversation& back, const Losses& losses,
                    Wire by) {
  const Settings& a = made.settings;
  const Settings& b = back.settings;
  RC_ASSERT(b.output_max == a.output_max);
  RC_ASSERT(b.temperature == a.temperature);
  RC_ASSERT(b.top_p == a.top_p);
  RC_ASSERT(!keeps("top_k", by) || b.top_k == a.top_k);
  RC_ASSERT(!keeps("stop sequences, up to 4", by) || b.stop == a.stop);
  RC_ASSERT(!keeps("seed, penalties", by) ||
            (b.seed == a.seed && b.presence_penalty == a.presence_penalty));
  RC_ASSERT(!keeps("n, of answers that are not streamed", by) || a.stream ||
            b.choices == a.choices);
  RC_ASSERT(a.effort.level.empty() || b.effort.level == a.effort.level);
  const bool forbidden = std::ranges::any_of(losses, [](const Loss& loss) {
    return loss.why.starts_with("Anthropic refuses a budget after calls");
  });
  RC_ASSERT(!keeps("thinking budget", by) || forbidden || b.effort.budget == a.effort.budget);
  if (a.format.shape != Shape::json || keeps("format: JSON", by)) {
    RC_ASSERT(b.format.shape == a.format.shape);
    RC_ASSERT(b.format.schema == a.format.schema);
  }
  RC_ASSERT(!keeps("verbosity", by) || b.verbosity == a.verbosity);
  RC_ASSERT(!keeps("user", by) || b.user == a.user);
  RC_ASSERT(!keeps("metadata", by) || b.metadata == a.metadata);
  RC_ASSERT(!keeps("prompt cache key", by) || b.cache_key == a.cache_key);
}

void check_tools(const Conversation& made, const Conversation& back, Wire by) {
  RC_ASSERT(back.tools.size() == made.tools.size());
  for (std::size_t i = 0; i < made.tools.size(); ++i) {
    RC_ASSERT(back.tools[i].name == made.tools[i].name);
    RC_ASSERT(back.tools[i].description == made.tools[i].description);
    RC_ASSERT(back.tools[i].schema == made.tools[i].schema);
    RC_ASSERT(!keeps("tools: strict", by) || back.tools[i].strict == made.tools[i].strict);
  }
  RC_ASSERT(back.tool_choice.choice == made.tool_choice.choice);
  RC_ASSERT(!keeps("tool choice: some of the tools", by) ||
            back.tool_choice.names == made.tool_choice.names);
  RC_ASSERT(!keeps("tool choice: one call at a time", by) ||
            back.tool_choice.parallel == made.tool_choice.parallel);
}

std::size_t thoughts(const Conversation& conversation) {
  std::size_t count = 0;
  for (const Turn& turn : conversation.turns) {
    count += static_cast<std::size_t>(std::ranges::count_if(
        turn.parts, [](const Part& part) { return std::holds_alternative<Thinking>(part.what); }));
  }
  return count;
}

RC_GTEST_PROP(RoundTrip, WhatTheTableCallsKeptComesBack, ()) {
  const Wire by = *rc::gen::elementOf(std::vector<Wire>(kWires.begin(), kWires.end()));
  const Conversation made = some_conversation(by);
  const auto written = write(by, made, Policy::report_all());
  RC_ASSERT(written.has_value());
  RC_LOG() << to_string(by) << written->body;
  const auto back = read(by, written->body, {.model = written->path_model});
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->losses.empty());
  RC_ASSERT(back->model == made.model);
  RC_ASSERT(back->instructions == made.instructions);
  RC_ASSERT(back->settings.stream == (by != Wire::gemini && made.settings.stream));
  if (!moves_media(by, made)) {
    RC_ASSERT(told(back->turns) == told(Left(by).of(made.turns)));
  }
  RC_ASSERT(!keeps("thoughts of the provider's own", by) || thoughts(*back) == thoughts(made));
  check_tools(made, *back, by);
  check_settings(made, *back, written->losses, by);
}

/// Two hops: what both can say is still there when the answer's side has read it and told it back.
RC_GTEST_PROP(RoundTrip, WhatBothDialectsKeepSurvivesTheWayThereAndBack, ()) {
  const Wire a = *rc::gen::elementOf(std::vector<Wire>(kWires.begin(), kWires.end()));
  const Wire b = *rc::gen::elementOf(std::vector<Wire>(kWires.begin(), kWires.end()));
  const Conversation made = some_conversation(a);
  RC_LOG() << to_string(a) << " " << to_string(b);
  const auto first = read(a, write(a, made, Policy::report_all())->body);
  RC_ASSERT(first.has_value());
  const auto there = read(b, write(b, *first, Policy::report_all())->body);
  RC_ASSERT(there.has_value());
  const auto back = read(a, write(a, *there, Policy::report_all())->body);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->instructions == made.instructions);
  if (!moves_media(a, made) && !moves_media(b, made)) {
    RC_ASSERT(told(back->turns) == told(Left(b).of(Left(a).of(made.turns))));
  }
  RC_ASSERT(back->tools.size() == made.tools.size());
  RC_ASSERT(back->tool_choice.choice == made.tool_choice.choice);
  RC_ASSERT(back->settings.output_max == made.settings.output_max);
  RC_ASSERT(back->settings.temperature == made.settings.temperature);
}

}  // namespace
}  // namespace purser::translate
