// wire/json_digest.hpp — what a JSON value means, as a name: the same whatever its white space,
// escapes and order of members.
// Why: clients print the same history anew with every call, and need not print it the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// Reuses one buffer for texts that were escaped; a view it returns holds until the next call.
class JsonDigest {
 public:
  /// Whether members called "cache_control" count. Clients move them from turn to turn, but in a
  /// tool's arguments that is a name like any other.
  enum class CacheMarks : std::uint8_t { count, ignore };

  std::string_view plain(JsonText text);
  /// Takes the next value whole. Of what is no JSON any name comes, and the scan knows what is
  /// wrong.
  Digest value(JsonScan& scan, CacheMarks marks);
  /// Of a value that stands in a text: arguments. A text that is no JSON is only a text.
  Digest value_in(JsonText text);

  static Digest of_text(std::string_view text);
  /// Of what is left without digits.
  Digest of_words(std::string_view text);
  /// Members in any order: each is added.
  class Members {
   public:
    void add(Digest name, Digest value);
    Digest digest() const;

   private:
    Digest sum_;
  };

 private:
  std::string buffer_;
  std::string words_;
};

}  // namespace purser
