// wire/outline.cpp — content of either dialect, and how messages become a chain.
#include "wire/outline.hpp"

#include <algorithm>
#include <array>

namespace purser {
namespace {

/// Parts of a message, told apart. Roles are the same in both dialects by these numbers.
constexpr Digest tag(std::uint64_t kind) {
  return {.high = 0x6F75746C696E65, .low = kind};  // "outline"
}
constexpr Digest kCallPart = tag(1);
constexpr Digest kResultPart = tag(2);
constexpr Digest kOtherPart = tag(3);
constexpr Digest kFirst = tag(4);

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool starts_like(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() &&
         std::ranges::equal(text.substr(0, beginning.size()), beginning, {}, lower);
}

std::string_view without_space(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// {"error": …} as a tool's answer, unless the error is that there is none.
bool is_error_object(std::string_view text) {
  for (const std::string_view expected : {"{", "\"error\"", ":"}) {
    text = without_space(text);
    if (!text.starts_with(expected)) {
      return false;
    }
    text.remove_prefix(expected.size());
  }
  text = without_space(text);
  constexpr std::array<std::string_view, 6> kNone{"null", "false", "\"\"", "0", "[]", "{}"};
  return !text.empty() &&
         std::ranges::none_of(kNone, [&](auto none) { return text.starts_with(none); });
}

/// Chat has no flag for a tool that failed; its first words tell. Few are listed: a failure that is
/// missed is still a result that repeats, while a good result called a failure accuses.
bool tells_of_error(std::string_view text) {
  text = without_space(text);
  constexpr std::array<std::string_view, 8> kBeginnings{
      "error:",     "error ",          "traceback (most recent call last)",
      "exception:", "[error]",         "<error>",
      "fatal: ",    "<tool_use_error>"};
  return std::ranges::any_of(kBeginnings, [&](auto words) { return starts_like(text, words); }) ||
         is_error_object(text);
}

}  // namespace

struct OutlineReader::Block {
  JsonText type;
  JsonText text;
  JsonText name;
  Digest id;
  Digest input;
  Content content;
  bool error = false;
  JsonDigest::Members others;
};

JsonText OutlineReader::text() {
  JsonText found;
  if (scan_.kind() == JsonKind::text) {
    scan_.text(found);
  } else {
    scan_.skip();
  }
  return found;
}

Digest OutlineReader::text_digest() {
  return JsonDigest::of_text(meaning_.plain(text()));
}

void OutlineReader::add_text(Content& into, JsonText text, Gist gist) {
  const std::string_view plain = meaning_.plain(text);
  if (plain.empty()) {
    return;  // as if it were not there: null, "" and no content are one
  }
  if (into.bytes == 0) {
    into.says_error = tells_of_error(plain);
  }
  into.bytes += static_cast<std::int64_t>(plain.size());
  into.digest = chained(into.digest, JsonDigest::of_text(plain));
  if (gist == Gist::yes) {
    into.gist = chained(into.gist, meaning_.of_words(plain));
  }
}

OutlineReader::Content OutlineReader::content(Gist gist) {
  Content content;
  switch (scan_.kind()) {
    case JsonKind::text:
      add_text(content, text(), gist);
      break;
    case JsonKind::object:
      block(content, gist);
      break;
    case JsonKind::array:
      elements([&] {
        if (scan_.kind() == JsonKind::text) {
          add_text(content, text(), gist);
        } else {
          block(content, gist);
        }
      });
      break;
    default:
      scan_.skip();
  }
  return content;
}

OutlineReader::Content OutlineReader::value() {
  JsonScan ahead = scan_;
  const std::string_view json = ahead.skip();
  return {.digest = meaning_.value(scan_, JsonDigest::CacheMarks::count),
          .gist = meaning_.of_words(json),
          .bytes = static_cast<std::int64_t>(json.size()),
          .says_error = tells_of_error(json)};
}

void OutlineReader::block(Content& into, Gist gist) {
  Block block;
  members([&](JsonText name) {
    if (name == "type") {
      block.type = text();
    } else if (name == "text" && scan_.kind() == JsonKind::text) {
      block.text = text();
    } else if (name == "name" && scan_.kind() == JsonKind::text) {
      block.name = text();
    } else if (name == "id" || name == "tool_use_id") {
      block.id = text_digest();
    } else if (name == "input") {
      block.input = meaning_.value(scan_, JsonDigest::CacheMarks::count);
    } else if (name == "content") {
      // A tool's result, or of a type that is not said yet.
      const bool other = !block.type.raw.empty() && !(block.type == "tool_result");
      block.content = content(other ? gist : Gist::yes);
    } else if (name == "is_error" && scan_.kind() == JsonKind::boolean) {
      scan_.boolean(block.error);
    } else if (name == "cache_control") {
      scan_.skip();
    } else {
      const Digest named = JsonDigest::of_text(meaning_.plain(name));
      block.others.add(named, meaning_.value(scan_, JsonDigest::CacheMarks::ignore));
    }
  });
  end_block(into, block, gist);
}

void OutlineReader::end_block(Content& into, const Block& block, Gist gist) {
  const auto add = [&](Digest kind, Digest first, Digest second) {
    const Digest part = chained(kind, chained(first, second));
    into.digest = chained(into.digest, part);
    into.gist = chained(into.gist, part);
  };
  if (block.type == "text" || block.type == "input_text" || block.type == "output_text") {
    return add_text(into, block.text, gist);
  }
  if (block.type == "thinking" || block.type == "redacted_thinking") {
    return;  // clients leave it out of older turns
  }
  const Digest name = JsonDigest::of_text(meaning_.plain(block.name));
  if (block.type == "tool_use") {
    add_call(block.name, block.input, block.id);
    return add(kCallPart, name, block.input);
  }
  if (block.type == "tool_result") {
    add_result(block.content, block.id, block.error);
    return add(kResultPart, block.content.digest, {});
  }
  const Digest type = JsonDigest::of_text(meaning_.plain(block.type));
  const Digest text = JsonDigest::of_text(meaning_.plain(block.text));
  add(kOtherPart, chained(chained(type, name), chained(text, block.input)),
      chained(block.content.digest, block.others.digest()));
}

void OutlineReader::add_call(JsonText name, Digest arguments, Digest id) {
  const Digest named = JsonDigest::of_text(meaning_.plain(name));
  Span span;
  if (!name.raw.empty()) {
    span = {.at = static_cast<std::size_t>(name.raw.data() - json_.data()),
            .length = name.raw.size()};
  }
  unit_.calls.push_back({.name = span, .action = chained(named, arguments), .id = id});
}

void OutlineReader::add_result(const Content& content, Digest call_id, bool error) {
  unit_.results.push_back({.call_id = call_id,
                           .digest = content.digest,
                           .gist = content.gist,
                           .bytes = content.bytes,
                           .error = error || content.says_error});
}

void OutlineReader::end_message(JsonText role, Digest content) {
  unit_.system = role == "system" || role == "developer";
  if (unit_.system) {
    unit_.calls.clear();
    unit_.results.clear();
    unit_.message.digest = content;
    return;
  }
  const Outline::Role known = role == "assistant"                    ? Outline::Role::assistant
                              : role == "tool" || role == "function" ? Outline::Role::tool
                                                                     : Outline::Role::user;
  unit_.message = {.role = known,
                   .calls = static_cast<std::uint32_t>(unit_.calls.size()),
                   .results = static_cast<std::uint32_t>(unit_.results.size()),
                   .digest = chained(tag(16 + static_cast<std::uint64_t>(known)), content),
                   .chain = {}};
}

const OutlineUnit* OutlineMemory::find(Digest name) {
  Set& set = sets_[name.low % kSets];
  const auto found = std::ranges::find(set, name, &Known::name);
  if (found == set.end()) {
    return nullptr;
  }
  std::rotate(set.begin(), found, found + 1);
  return &set.front().unit;
}

const OutlineUnit& OutlineMemory::keep(Digest name, OutlineUnit unit) {
  ++read_;
  if (unit.calls.size() + unit.results.size() > kPartsMax) {
    large_ = std::move(unit);
    return large_;
  }
  Set& set = sets_[name.low % kSets];
  std::rotate(set.begin(), set.end() - 1, set.end());
  set.front() = {.name = name, .unit = std::move(unit)};
  return set.front().unit;
}

namespace {

std::string_view in(std::string_view body, Span span) {
  return body.substr(span.at, span.length);
}

/// What a unit's bytes are: the same ones come to something else in another place or dialect.
enum class UnitKind : std::uint64_t {
  chat_message = 0x756E6974,
  messages_message,
  content,
  tools,
  responses_item,
  gemini_content,
};

UnitKind kind_of_messages(Dialect dialect) {
  switch (dialect) {
    case Dialect::messages:
      return UnitKind::messages_message;
    case Dialect::responses:
      return UnitKind::responses_item;
    case Dialect::gemini:
      return UnitKind::gemini_content;
    default:
      return UnitKind::chat_message;
  }
}

Digest name_of(std::string_view json, UnitKind kind) {
  return digest(json, static_cast<std::uint64_t>(kind));
}

OutlineUnit read_unit(std::string_view json, UnitKind kind) {
  OutlineReader reader(json);
  switch (kind) {
    case UnitKind::chat_message:
      read_chat_message(reader);
      break;
    case UnitKind::messages_message:
      read_messages_message(reader);
      break;
    case UnitKind::responses_item:
      read_responses_item(reader);
      break;
    case UnitKind::gemini_content:
      read_gemini_content(reader);
      break;
    case UnitKind::content:
      reader.end_message({.raw = "system"}, reader.content(OutlineReader::Gist::no).digest);
      break;
    case UnitKind::tools:
      reader.end_message({.raw = "system"},
                         reader.meaning().value(reader.scan(), JsonDigest::CacheMarks::ignore));
      break;
  }
  return std::move(reader.unit());
}

/// Behind the messages before it.
void append(Outline& outline, const OutlineUnit& unit, std::string_view json) {
  if (unit.nothing) {
    return;
  }
  if (unit.system) {
    outline.preamble = chained(outline.preamble, unit.message.digest);
    return;
  }
  const Digest before = outline.messages.empty() ? kFirst : outline.messages.back().chain;
  outline.messages.push_back(unit.message);
  outline.messages.back().chain = chained(before, unit.message.digest);
  for (const OutlineUnit::Call& call : unit.calls) {
    outline.calls.push_back({.name = json.substr(call.name.at, call.name.length),
                             .action = call.action,
                             .id = call.id});
  }
  outline.results.insert(outline.results.end(), unit.results.begin(), unit.results.end());
}

}  // namespace

Outline outline_of(const Call& call, std::string_view body, OutlineMemory& memory) {
  const auto unit = [&](std::string_view json, UnitKind kind) -> const OutlineUnit& {
    return memory.unit(name_of(json, kind), [&] { return read_unit(json, kind); });
  };
  const auto preamble = [&](Span span, UnitKind kind) {
    return span.length == 0 ? Digest{} : unit(in(body, span), kind).message.digest;
  };
  const UnitKind kind = kind_of_messages(call.dialect);
  Outline outline;
  outline.messages.reserve(call.message_spans.size());
  for (const Span span : call.message_spans) {
    append(outline, unit(in(body, span), kind), in(body, span));
  }
  const Digest told = chained(preamble(call.system_span, UnitKind::content),
                              preamble(call.tools_span, UnitKind::tools));
  outline.preamble = chained(told, outline.preamble);
  return outline;
}

}  // namespace purser
