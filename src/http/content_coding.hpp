// http/content_coding.hpp — bodies that come packed (RFC 9110 §8.4.1): gzip, deflate, br, zstd.
// Why unpacked here: what cannot be read cannot be priced, and nobody behind this page need know
// that it ever was packed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/fields.hpp"

namespace purser {

enum class ContentCoding : std::uint8_t { identity, gzip, deflate, br, zstd };

/// What the fields say the body is packed with. Nothing: a coding we do not read, or several, one
/// around the other.
std::optional<ContentCoding> content_coding(const std::vector<Field>& fields);
/// Takes out the field that names it: for who has unpacked the body.
void forget_content_coding(std::vector<Field>& fields);

/// Unpacks one body piece by piece, whatever it grows to, in bounded memory.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  /// Takes bytes off the front of `packed` and appends at most kStepMax to `out`. What it leaves in
  /// `packed` is for the next step. Error (`fault`): these bytes are not of that coding.
  Result<void> step(std::string_view& packed, std::string& out);
  /// More may come out without more bytes going in.
  bool has_more() const { return full_; }
  /// The body came to its proper end.
  bool finished() const { return finished_; }

  static constexpr std::size_t kStepMax = std::size_t{64} << 10;

 protected:
  explicit Unpacker(Fault fault) : fault_(fault) {}
  struct Progress {
    std::size_t taken = 0;
    std::size_t given = 0;
    bool finished = false;
  };
  /// Nothing: the bytes are no such coding.
  virtual std::optional<Progress> unpack(std::string_view packed, char* out, std::size_t room) = 0;

 private:
  Fault fault_;
  bool finished_ = false;
  bool full_ = false;
};
/// `fault`: whose mistake broken bytes are. None for identity: there is nothing to unpack.
std::unique_ptr<Unpacker> make_unpacker(ContentCoding coding, Fault fault);

/// A whole body. Error (client): broken, cut, or with something behind its end. Nothing: it is
/// larger than `bytes_max`.
Result<std::optional<std::string>> unpack_whole(ContentCoding coding, std::string_view packed,
                                                std::size_t bytes_max);

}  // namespace purser
