// wire/messages_outline.cpp — the conversation of an Anthropic Messages request.
#include "wire/outline.hpp"

namespace purser {
namespace {

void read_message(OutlineReader& reader) {
  JsonText role;
  Digest content;
  reader.members([&](JsonText name) {
    if (name == "role") {
      role = reader.text();
    } else if (name == "content") {
      content = reader.content(OutlineReader::Gist::no).digest;
    } else {
      reader.scan().skip();
    }
  });
  reader.end_message(role, content);
}

}  // namespace

void read_messages_outline(OutlineReader& reader) {
  Digest system;
  Digest tools;
  reader.members([&](JsonText name) {
    if (name == "messages") {
      reader.elements([&] { read_message(reader); });
    } else if (name == "system") {
      system = reader.content(OutlineReader::Gist::no).digest;
      reader.drop_calls();
    } else if (name == "tools") {
      tools = reader.meaning().value(reader.scan(), JsonDigest::CacheMarks::ignore);
    } else {
      reader.scan().skip();
    }
  });
  Outline& outline = reader.outline();
  outline.preamble = chained(chained(system, tools), outline.preamble);
}

}  // namespace purser
