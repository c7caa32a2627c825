// http/fields.hpp — header fields, and the few names that HTTP itself gives a meaning.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace purser {

enum class FieldName : std::uint8_t {
  unknown,
  accept_encoding,
  authorization,
  connection,
  content_encoding,
  content_length,
  content_type,
  expect,
  host,
  keep_alive,
  proxy_authorization,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
};

/// One header field. Views point into the bytes the head was read from.
struct Field {
  FieldName known;
  std::string_view name;
  std::string_view value;
};

/// True when `name`, of printable characters, is `lower` in any case. `lower` is made of lower-case
/// letters, digits, '-', '_' and '/'.
bool same_name(std::string_view name, std::string_view lower);

/// Which of the known names this is.
FieldName known_name(std::string_view name);

/// The value of the first field called `lower`, or empty.
std::string_view field_value(const std::vector<Field>& fields, std::string_view lower);

}  // namespace purser
