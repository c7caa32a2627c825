// sessions/signals.cpp — the table of headers, and the few values that hold several things.
#include "sessions/signals.hpp"

#include <algorithm>

namespace purser {
namespace {

/// Values that are not an id but hold one.
enum class Form : std::uint8_t { plain, baggage_session, baggage_user, trace_parent };

struct Row {
  std::string_view header;  // lower case
  std::string_view Signals::* label;
  Form form = Form::plain;
};

constexpr std::array kRows{
    Row{"x-purser-session", &Signals::session},
    Row{"helicone-session-id", &Signals::session},       // Helicone
    Row{"x-litellm-session-id", &Signals::session},      // LiteLLM
    Row{"x-claude-code-session-id", &Signals::session},  // Claude Code
    Row{"x-opencode-session", &Signals::session},        // OpenCode
    Row{"session-id", &Signals::session},                // Codex
    Row{"session_id", &Signals::session},
    Row{"thread-id", &Signals::session},
    Row{"conversation_id", &Signals::session},
    Row{"x-session-affinity", &Signals::session},  // pi and others
    Row{"x-session-id", &Signals::session},
    Row{"baggage", &Signals::session, Form::baggage_session},
    Row{"x-litellm-trace-id", &Signals::session},  // groups what its caller wants grouped
    Row{"x-portkey-trace-id", &Signals::session},  // Portkey
    Row{"x-purser-parent-session", &Signals::parent_session},
    Row{"x-codex-parent-thread-id", &Signals::parent_session},
    Row{"x-purser-agent", &Signals::agent},
    Row{"x-claude-code-agent-id", &Signals::agent},
    Row{"x-codex-window-id", &Signals::agent},
    Row{"x-claude-code-parent-agent-id", &Signals::parent_agent},
    Row{"x-claude-code-agent-type", &Signals::agent_type},
    Row{"x-openai-subagent", &Signals::agent_type},
    Row{"x-claude-code-request-class", &Signals::request_class},
    Row{"baggage", &Signals::user, Form::baggage_user},
    Row{"traceparent", &Signals::trace, Form::trace_parent},
};
static_assert(kRows.size() <= SignalReader::kHeaders);

/// The lengths of all those names, a bit each: most other headers are told by their length.
constexpr std::uint64_t kSizes = [] {
  std::uint64_t sizes = 0;
  for (const Row& row : kRows) {
    sizes |= std::uint64_t{1} << row.header.size();
  }
  return sizes;
}();

bool same_name(std::string_view name, std::string_view lower) {
  return std::ranges::equal(name, lower, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kSignalBytesMax &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// "00-<trace>-<span>-01"; all zeros is no trace.
std::string_view trace_of(std::string_view value) {
  constexpr std::size_t kAt = 3;
  constexpr std::size_t kSize = 32;
  if (value.size() < kAt + kSize + 1 || value[2] != '-' || value[kAt + kSize] != '-') {
    return {};
  }
  const std::string_view trace = value.substr(kAt, kSize);
  return trace.find_first_not_of('0') == std::string_view::npos ? std::string_view{} : trace;
}

std::string_view value_of(const Row& row, std::string_view value) {
  switch (row.form) {
    case Form::baggage_session: {
      const std::string_view session = baggage_member(value, "session.id");
      return session.empty() ? baggage_member(value, "gen_ai.conversation.id") : session;
    }
    case Form::baggage_user:
      return baggage_member(value, "user.id");
    case Form::trace_parent:
      return trace_of(value);
    case Form::plain:
      break;
  }
  return value;
}

/// Claude Code's metadata.user_id: a JSON object, or, before 2026, three ids in one.
void read_user_id(Signals& found, std::string_view user_id) {
  if (user_id.starts_with('{')) {
    if (found.session.empty()) {
      found.session = flat_member(user_id, "session_id");
      found.source = "metadata.user_id";
    }
    if (found.parent_session.empty()) {
      found.parent_session = flat_member(user_id, "parent_session_id");
    }
    if (found.user.empty()) {
      found.user = flat_member(user_id, "account_uuid");
    }
    return;
  }
  constexpr std::string_view kSession = "_session_";
  const std::size_t at = user_id.rfind(kSession);
  const bool joined = user_id.starts_with("user_") && at != std::string_view::npos;
  if (joined && found.session.empty()) {
    found.session = user_id.substr(at + kSession.size());
    found.source = "metadata.user_id";
  }
  if (found.user.empty()) {
    found.user = joined ? user_id.substr(0, at) : user_id;
  }
}

}  // namespace

bool looks_unique(std::string_view text) {
  constexpr std::size_t kRun = 16;  // 64 bits in hexadecimal
  constexpr std::size_t kDigits = 4;
  constexpr std::array<std::size_t, 5> kUuid{8, 4, 4, 4, 12};
  std::size_t run = 0;
  std::size_t digits = 0;
  std::size_t group = 0;  // of a UUID: how many of its groups were just read
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char c = at < text.size() ? text[at] : '\0';
    const bool digit = c >= '0' && c <= '9';
    if (digit || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
      ++run;
      digits += digit ? 1 : 0;
      continue;
    }
    if (run >= kRun && digits >= kDigits) {
      return true;
    }
    group = run == kUuid[group] ? group + 1 : run == kUuid[0] ? 1 : 0;
    if (group == kUuid.size()) {
      return true;
    }
    group = c == '-' ? group : 0;
    run = 0;
    digits = 0;
  }
  return false;
}

std::string_view flat_member(std::string_view json, std::string_view name) {
  for (std::size_t at = json.find(name); at != std::string_view::npos;
       at = json.find(name, at + 1)) {
    std::string_view rest = json.substr(at + name.size());
    if (at == 0 || json[at - 1] != '"' || !rest.starts_with('"')) {
      continue;
    }
    rest = trimmed(rest.substr(1));
    if (!rest.starts_with(':')) {
      continue;
    }
    rest = trimmed(rest.substr(1));
    const std::size_t end = rest.find('"', 1);
    if (!rest.starts_with('"') || end == std::string_view::npos) {
      return {};  // null, or a number
    }
    const std::string_view value = rest.substr(1, end - 1);
    return value.find('\\') == std::string_view::npos ? value : std::string_view{};
  }
  return {};
}

std::string_view baggage_member(std::string_view baggage, std::string_view name) {
  while (!baggage.empty()) {
    const std::size_t comma = baggage.find(',');
    std::string_view member = baggage.substr(0, comma);
    baggage = comma == std::string_view::npos ? std::string_view{} : baggage.substr(comma + 1);
    member = member.substr(0, member.find(';'));  // what follows are properties
    const std::size_t equals = member.find('=');
    if (equals != std::string_view::npos && trimmed(member.substr(0, equals)) == name) {
      return trimmed(member.substr(equals + 1));
    }
  }
  return {};
}

void SignalReader::header(std::string_view name, std::string_view value) {
  if (name.size() >= 64 || (kSizes >> name.size() & 1) == 0) {
    return;
  }
  for (std::size_t row = 0; row < kRows.size(); ++row) {
    if (headers_[row].empty() && kRows[row].header.size() == name.size() &&
        same_name(name, kRows[row].header)) {
      const std::string_view said = value_of(kRows[row], trimmed(value));
      headers_[row] = is_id(said) ? said : std::string_view{};
    }
  }
}

void SignalReader::body(BodyField field, std::string_view value) {
  constexpr std::size_t kUserIdBytesMax = 4096;  // an object of ids, so larger than one
  const bool object = field == BodyField::user_id && value.size() <= kUserIdBytesMax;
  if (object || is_id(value)) {
    fields_[static_cast<std::size_t>(field)] = value;
  }
}

Signals SignalReader::read() const {
  Signals found;
  for (std::size_t row = 0; row < kRows.size(); ++row) {
    std::string_view& label = found.*kRows[row].label;
    if (label.empty() && !headers_[row].empty()) {
      label = headers_[row];
      if (kRows[row].label == &Signals::session) {
        found.source = kRows[row].header;
      }
    }
  }
  const auto field = [&](BodyField name) { return fields_[static_cast<std::size_t>(name)]; };
  read_user_id(found, field(BodyField::user_id));
  const auto offer = [&](std::string_view value, std::string_view source) {
    if (found.session.empty() && !value.empty()) {
      found.session = value;
      found.source = source;
    }
  };
  offer(field(BodyField::metadata_session), "metadata.session_id");
  offer(field(BodyField::conversation), "conversation");
  offer(field(BodyField::thread), "thread");
  found.previous_response = field(BodyField::previous_response);
  // An application may share one key among all its calls, to share its cached prompt.
  if (looks_unique(field(BodyField::prompt_cache_key)) && found.previous_response.empty()) {
    offer(field(BodyField::prompt_cache_key), "prompt_cache_key");
  }
  if (found.session.empty()) {
    found.source = {};
  }
  if (!is_id(found.session)) {
    found.session = found.source = {};
  }
  return found;
}

}  // namespace purser
