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
  if (block.type == "text") {
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
  outline_.calls.push_back({.name = name.raw, .action = chained(named, arguments), .id = id});
}

void OutlineReader::add_result(const Content& content, Digest call_id, bool error) {
  outline_.results.push_back({.call_id = call_id,
                              .digest = content.digest,
                              .gist = content.gist,
                              .bytes = content.bytes,
                              .error = error || content.says_error});
}

void OutlineReader::drop_calls() {
  outline_.calls.resize(calls_before_);
  outline_.results.resize(results_before_);
}

void OutlineReader::end_message(JsonText role, Digest content) {
  Outline& out = outline_;
  if (role == "system" || role == "developer") {
    drop_calls();
    out.preamble = chained(out.preamble, content);
    return;
  }
  const Outline::Role known = role == "assistant"                    ? Outline::Role::assistant
                              : role == "tool" || role == "function" ? Outline::Role::tool
                                                                     : Outline::Role::user;
  const Digest before = out.messages.empty() ? kFirst : out.messages.back().chain;
  const Digest said = chained(tag(16 + static_cast<std::uint64_t>(known)), content);
  out.messages.push_back(
      {.role = known,
       .calls = static_cast<std::uint32_t>(out.calls.size() - calls_before_),
       .results = static_cast<std::uint32_t>(out.results.size() - results_before_),
       .digest = said,
       .chain = chained(before, said)});
  calls_before_ = out.calls.size();
  results_before_ = out.results.size();
}

Result<Outline> read_outline(Dialect dialect, std::string_view body) {
  // Most messages of an agent are a few hundred bytes; a long history grows the vectors as usual.
  constexpr std::size_t kMessagesExpected = 64;
  Outline outline;
  outline.messages.reserve(kMessagesExpected);
  outline.calls.reserve(kMessagesExpected / 2);
  outline.results.reserve(kMessagesExpected / 2);
  OutlineReader reader(body, outline);
  if (dialect == Dialect::chat) {
    read_chat_outline(reader);
  } else {
    read_messages_outline(reader);
  }
  if (!reader.scan().finish()) {
    return fail(Fault::client, std::string("outlining the conversation: ") + reader.scan().wrong());
  }
  return outline;
}

}  // namespace purser
