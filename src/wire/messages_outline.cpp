// wire/messages_outline.cpp — a message of an Anthropic Messages request.
#include "wire/outline.hpp"

namespace purser {

void read_messages_message(OutlineReader& reader) {
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

}  // namespace purser
