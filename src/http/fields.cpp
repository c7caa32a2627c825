// http/fields.cpp — names compared eight bytes at a time, whatever their case.
#include "http/fields.hpp"

#include <cstring>

namespace purser {
namespace {

/// The bytes at `at` with the bit set that tells lower from upper case. It makes no other printable
/// character equal to one of those that same_name() looks for.
template <typename Word>
Word folded(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return word | static_cast<Word>(0x2020202020202020);
}

FieldName if_same(std::string_view name, std::string_view lower, FieldName known) {
  return same_name(name, lower) ? known : FieldName::unknown;
}

}  // namespace

bool same_name(std::string_view name, std::string_view lower) {
  const std::size_t size = name.size();
  if (size != lower.size()) {
    return false;
  }
  const auto same = [&]<typename Word>(std::size_t at, Word) {
    return folded<Word>(name.data() + at) == folded<Word>(lower.data() + at);
  };
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (!same(at, std::uint64_t{})) {
        return false;
      }
    }
    return same(size - 8, std::uint64_t{});
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (!same(at, std::uint8_t{})) {
      return false;
    }
  }
  return true;
}

FieldName known_name(std::string_view name) {
  switch (name.size()) {
    case 2:
      return if_same(name, "te", FieldName::te);
    case 4:
      return if_same(name, "host", FieldName::host);
    case 6:
      return if_same(name, "expect", FieldName::expect);
    case 7:
      return same_name(name, "trailer") ? FieldName::trailer
                                        : if_same(name, "upgrade", FieldName::upgrade);
    case 10:
      return same_name(name, "connection") ? FieldName::connection
                                           : if_same(name, "keep-alive", FieldName::keep_alive);
    case 12:
      return if_same(name, "content-type", FieldName::content_type);
    case 13:
      return if_same(name, "authorization", FieldName::authorization);
    case 14:
      return if_same(name, "content-length", FieldName::content_length);
    case 15:
      return if_same(name, "accept-encoding", FieldName::accept_encoding);
    case 16:
      return same_name(name, "content-encoding")
                 ? FieldName::content_encoding
                 : if_same(name, "proxy-connection", FieldName::proxy_connection);
    case 17:
      return if_same(name, "transfer-encoding", FieldName::transfer_encoding);
    case 19:
      return if_same(name, "proxy-authorization", FieldName::proxy_authorization);
    default:
      return FieldName::unknown;
  }
}

std::string_view field_value(const std::vector<Field>& fields, std::string_view lower) {
  for (const Field& field : fields) {
    if (same_name(field.name, lower)) {
      return field.value;
    }
  }
  return {};
}

}  // namespace purser
