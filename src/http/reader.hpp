// http/reader.hpp — HTTP/1.1 heads and chunked bodies, read by Beast's parser without a copy.
// Why Beast: framing is where request smuggling lives, and its parser has been attacked for years.
// Why not beast::http::parser: it copies every field into a node of its own.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace purser {

namespace beast = boost::beast;
using FieldName = beast::http::field;

/// One header field. Views point into the bytes the head was read from.
struct Field {
  FieldName known;  // FieldName::unknown when Beast has no constant for it
  std::string_view name;
  std::string_view value;
};

/// True when `name` is `lower` in any case. `lower` must be in lower case.
bool same_name(std::string_view name, std::string_view lower);

/// The value of the first field called `lower`, or empty.
std::string_view field_value(const std::vector<Field>& fields, std::string_view lower);

/// More fields or larger heads than this are a flood, not a client.
inline constexpr std::size_t kFieldsMax = 128;
inline constexpr std::size_t kHeadBytesMax = std::size_t{32} << 10;

/// How a message's body is delimited.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// Reads one message: first its head, then, when chunked, its body. For the other framings the
/// caller takes the body itself, straight from the socket.
template <bool is_request>
class Reader : private beast::http::basic_parser<is_request> {
 public:
  explicit Reader(std::vector<Field>& fields);

  /// Looks for a whole head at the front of `bytes`. Returns its length, or 0 when more is needed.
  /// `bytes` must stay in place while fields are in use. Error (client or upstream): not HTTP/1.x,
  /// both or contradicting lengths, too many fields.
  Result<std::size_t> read_head(std::string_view bytes);

  /// Decodes chunked `bytes`, appending the payload to `payload`; returns how many were used. A
  /// partial chunk header is left for the next time. Error: broken framing.
  Result<std::size_t> decode(std::string_view bytes, std::string& payload);
  /// A chunked body has ended, trailers included.
  bool finished() const { return this->is_done(); }

  Framing framing() const;
  /// Only for Framing::length.
  std::uint64_t length() const;
  bool keep_alive() const { return basic::keep_alive(); }
  std::string_view method() const { return method_; }  // requests only
  std::string_view target() const { return target_; }  // requests only
  int status() const { return status_; }               // responses only
  /// Responses to HEAD have no body whatever their head says.
  void expect_no_body() { this->skip(true); }

 private:
  using basic = beast::http::basic_parser<is_request>;
  using View = beast::string_view;
  using Code = beast::error_code;
  void on_request_impl(beast::http::verb, View method, View target, int, Code& error) override;
  void on_response_impl(int status, View, int, Code&) override { status_ = status; }
  void on_field_impl(FieldName known, View name, View value, Code& error) override;
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(View body, Code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Code&) override;
  void on_finish_impl(Code&) override {}

  std::vector<Field>& fields_;
  std::string_view method_;
  std::string_view target_;
  int status_ = 0;
  std::string_view head_;
  std::size_t searched_ = 0;  // bytes known to hold no end of head
  std::string* payload_ = nullptr;
};

using RequestReader = Reader<true>;
using ResponseReader = Reader<false>;
extern template class Reader<true>;
extern template class Reader<false>;

}  // namespace purser
