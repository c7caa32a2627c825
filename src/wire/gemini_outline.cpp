// wire/gemini_outline.cpp — a content of a request to Google's Gemini API.
#include <map>

#include "wire/outline.hpp"

namespace purser {
namespace {

struct Part {
  OutlineReader::Content text;
  bool thought = false;
  bool calls = false;
  bool responds = false;
  JsonText name;
  Digest id;
  Digest arguments;
  OutlineReader::Content response;
  JsonDigest::Members others;
};

/// {"name": …, "args": {…}} or {"name": …, "response": {…}}, perhaps with an id.
void read_function(OutlineReader& reader, Part& part) {
  reader.members([&](JsonText name) {
    if (name == "name") {
      part.name = reader.text();
    } else if (name == "id") {
      part.id = reader.text_digest();
    } else if (name == "args") {
      part.arguments = reader.meaning().value(reader.scan(), JsonDigest::CacheMarks::count);
    } else if (name == "response") {
      part.response = reader.value();
    } else {
      reader.scan().skip();
    }
  });
}

Part read_part(OutlineReader& reader) {
  Part part;
  reader.members([&](JsonText name) {
    JsonScan& scan = reader.scan();
    if (name == "text") {
      part.text = reader.content(OutlineReader::Gist::no);
    } else if (name == "thought" && scan.kind() == JsonKind::boolean) {
      scan.boolean(part.thought);
    } else if (name == "functionCall" || name == "function_call") {
      part.calls = true;
      read_function(reader, part);
    } else if (name == "functionResponse" || name == "function_response") {
      part.responds = true;
      read_function(reader, part);
    } else if (name == "thoughtSignature" || name == "thought_signature") {
      scan.skip();
    } else {
      const Digest named = JsonDigest::of_text(reader.meaning().plain(name));
      part.others.add(named, reader.meaning().value(scan, JsonDigest::CacheMarks::count));
    }
  });
  return part;
}

/// Calls and responses of one content, by their place among those of the same name: older models
/// give them no ids, and responses come in the order of their calls.
class Places {
 public:
  Digest id_of(const Part& part, Digest name) {
    if (part.id != Digest{}) {
      return part.id;
    }
    const std::uint64_t place = seen_[name.low]++;
    return chained(name, {.high = 0, .low = place});
  }

 private:
  std::map<std::uint64_t, std::uint64_t> seen_;
};

Digest end_part(OutlineReader& reader, const Part& part, Places& places) {
  if (part.thought) {
    return {};  // clients leave it out of older turns
  }
  if (!part.calls && !part.responds) {
    return chained(part.text.digest, part.others.digest());
  }
  const Digest name = JsonDigest::of_text(reader.meaning().plain(part.name));
  const Digest id = places.id_of(part, name);
  if (part.calls) {
    reader.add_call(part.name, part.arguments, id);
    return chained(name, part.arguments);
  }
  reader.add_result(part.response, id, false);
  return chained(part.response.digest, name);
}

}  // namespace

void read_gemini_content(OutlineReader& reader) {
  JsonText role;
  Digest content;
  Places places;
  const auto part = [&] {
    const Digest said = end_part(reader, read_part(reader), places);
    if (said != Digest{}) {
      content = chained(content, said);
    }
  };
  reader.members([&](JsonText name) {
    if (name == "role") {
      role = reader.text();
    } else if (name == "parts" && reader.scan().kind() == JsonKind::object) {
      part();
    } else if (name == "parts") {
      reader.elements(part);
    } else {
      reader.scan().skip();
    }
  });
  reader.end_message(role == "model" ? JsonText{.raw = "assistant"} : role, content);
}

}  // namespace purser
