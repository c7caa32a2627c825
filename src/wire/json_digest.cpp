// wire/json_digest.cpp — one walk over a value; members are added up, elements chained.
#include "wire/json_digest.hpp"

namespace purser {
namespace {

/// What kind of thing a name is of, so that "1" and 1, [] and {} are different things.
enum Seed : std::uint64_t { kText = 1, kScalar = 2, kArray = 3, kObject = 4, kWords = 5 };

constexpr Digest kEmptyArray{.high = kArray, .low = kArray};

}  // namespace

std::string_view JsonDigest::plain(JsonText text) {
  if (!text.escaped) {
    return text.raw;
  }
  buffer_.clear();
  append_unescaped(buffer_, text);
  return buffer_;
}

Digest JsonDigest::of_text(std::string_view text) {
  return purser::digest(text, kText);
}

Digest JsonDigest::of_words(std::string_view text) {
  if (words_.size() < text.size()) {
    words_.resize(text.size());
  }
  char* out = words_.data();
  for (const char c : text) {
    *out = c;  // always written, kept unless it is a digit: no branch to guess
    out += c < '0' || c > '9' ? 1 : 0;
  }
  return purser::digest({words_.data(), out}, kWords);
}

void JsonDigest::Members::add(Digest name, Digest value) {
  const Digest member = chained(name, value);
  sum_.high += member.high;
  sum_.low += member.low;
}

Digest JsonDigest::Members::digest() const {
  return chained({.high = kObject, .low = kObject}, sum_);
}

Digest JsonDigest::value(JsonScan& scan, CacheMarks marks) {
  switch (scan.kind()) {
    case JsonKind::object: {
      Members members;
      JsonText name;
      scan.enter_object();
      while (scan.member(name)) {
        if (marks == CacheMarks::ignore && name == "cache_control") {
          scan.skip();
          continue;
        }
        const Digest named = of_text(plain(name));
        members.add(named, value(scan, marks));
      }
      return members.digest();
    }
    case JsonKind::array: {
      Digest list = kEmptyArray;
      scan.enter_array();
      while (scan.element()) {
        list = chained(list, value(scan, marks));
      }
      return list;
    }
    case JsonKind::text: {
      JsonText text;
      return scan.text(text) ? of_text(plain(text)) : Digest{};
    }
    default:
      return digest(scan.skip(), kScalar);
  }
}

Digest JsonDigest::value_in(JsonText text) {
  const std::string inner(plain(text));
  JsonScan scan(inner);
  const Digest meaning = value(scan, CacheMarks::count);
  return scan.finish() ? meaning : of_text(inner);
}

}  // namespace purser
