// wire/responses_outline.cpp — an item of an OpenAI Responses request: a message, a call, what came
// back, or what the model thought.
#include "wire/outline.hpp"

namespace purser {
namespace {

struct Item {
  JsonText type;
  JsonText role;
  JsonText name;
  Digest id;
  Digest arguments;
  OutlineReader::Content content;
  OutlineReader::Content output;
  JsonDigest::Members others;
};

/// Arguments stand in a text, and mean what is in it; a custom tool's input is any text.
Digest read_arguments(OutlineReader& reader) {
  return reader.scan().kind() == JsonKind::text
             ? reader.meaning().value_in(reader.text())
             : reader.meaning().value(reader.scan(), JsonDigest::CacheMarks::count);
}

void read_member(OutlineReader& reader, JsonText name, Item& item) {
  JsonScan& scan = reader.scan();
  if (name == "type") {
    item.type = reader.text();
  } else if (name == "role") {
    item.role = reader.text();
  } else if (name == "content") {
    item.content = reader.content(OutlineReader::Gist::no);
  } else if (name == "output") {
    item.output = reader.content(OutlineReader::Gist::yes);
  } else if (name == "call_id") {
    item.id = reader.text_digest();
  } else if (name == "name" && scan.kind() == JsonKind::text) {
    item.name = reader.text();
  } else if (name == "arguments" || name == "input" || name == "action") {
    item.arguments = read_arguments(reader);
  } else if (name == "id" || name == "status" || name == "phase") {
    scan.skip();  // a client may leave them out, or the provider make them anew
  } else {
    const Digest named = JsonDigest::of_text(reader.meaning().plain(name));
    item.others.add(named, reader.meaning().value(scan, JsonDigest::CacheMarks::ignore));
  }
}

bool ends_with(JsonText text, std::string_view ending) {
  return !text.escaped && text.raw.ends_with(ending);
}

void end_item(OutlineReader& reader, const Item& item) {
  const Digest type = JsonDigest::of_text(reader.meaning().plain(item.type));
  if (ends_with(item.type, "_call_output")) {
    reader.add_result(item.output, item.id, false);
    return reader.end_message({.raw = "tool"}, item.output.digest);
  }
  if (ends_with(item.type, "_call")) {
    const JsonText name = item.name.raw.empty() ? item.type : item.name;
    reader.add_call(name, item.arguments, item.id);
    const Digest named = JsonDigest::of_text(reader.meaning().plain(name));
    return reader.end_message({.raw = "assistant"}, chained(named, item.arguments));
  }
  if (item.type == "reasoning") {
    reader.unit().nothing = true;
    return;
  }
  if (item.type.raw.empty() || item.type == "message") {
    return reader.end_message(item.role, item.content.digest);
  }
  reader.end_message({.raw = "assistant"},
                     chained(type, chained(item.content.digest, item.others.digest())));
}

}  // namespace

void read_responses_item(OutlineReader& reader) {
  if (reader.scan().kind() == JsonKind::text) {  // the whole input is one text
    return reader.end_message({.raw = "user"}, reader.content(OutlineReader::Gist::no).digest);
  }
  Item item;
  reader.members([&](JsonText name) { read_member(reader, name, item); });
  end_item(reader, item);
}

}  // namespace purser
