// wire/chat_outline.cpp — a message of an OpenAI Chat Completions request.
#include "wire/outline.hpp"

namespace purser {
namespace {

struct Message {
  JsonText role;
  Digest call_id;
  OutlineReader::Content content;
  Digest calls;  // of all of them, in order
};

bool is_result(JsonText role) {
  return role == "tool" || role == "function";
}

/// {"name": …, "arguments": "{…}"}, which newer requests wrap in "function" beside an id.
struct Function {
  JsonText name;
  Digest arguments;
};

Function read_function(OutlineReader& reader) {
  Function function;
  reader.members([&](JsonText name) {
    if (name == "name") {
      function.name = reader.text();
    } else if (name == "arguments" || name == "input") {
      function.arguments =
          reader.scan().kind() == JsonKind::text
              ? reader.meaning().value_in(reader.text())
              : reader.meaning().value(reader.scan(), JsonDigest::CacheMarks::count);
    } else {
      reader.scan().skip();
    }
  });
  return function;
}

void add_call(OutlineReader& reader, Message& message, const Function& function, Digest id) {
  const Digest name = JsonDigest::of_text(reader.meaning().plain(function.name));
  reader.add_call(function.name, function.arguments, id);
  message.calls = chained(message.calls, chained(name, function.arguments));
}

void read_tool_call(OutlineReader& reader, Message& message) {
  Digest id;
  Function function;
  reader.members([&](JsonText name) {
    if (name == "id") {
      id = reader.text_digest();
    } else if (name == "function" || name == "custom") {
      function = read_function(reader);
    } else {
      reader.scan().skip();
    }
  });
  add_call(reader, message, function, id);
}

}  // namespace

void read_chat_message(OutlineReader& reader) {
  Message message;
  reader.members([&](JsonText name) {
    if (name == "role") {
      message.role = reader.text();
    } else if (name == "content") {
      const bool other = !message.role.raw.empty() && !is_result(message.role);
      message.content = reader.content(other ? OutlineReader::Gist::no : OutlineReader::Gist::yes);
    } else if (name == "tool_calls") {
      reader.elements([&] { read_tool_call(reader, message); });
    } else if (name == "function_call" && reader.scan().kind() == JsonKind::object) {
      add_call(reader, message, read_function(reader), {});
    } else if (name == "tool_call_id") {
      message.call_id = reader.text_digest();
    } else {
      reader.scan().skip();
    }
  });
  if (is_result(message.role)) {
    reader.add_result(message.content, message.call_id, false);
  }
  reader.end_message(message.role, chained(message.content.digest, message.calls));
}

}  // namespace purser
