// http/head_fuzz.cpp — whatever bytes come as a message: our reader never reads more into them than
// Beast's, and never something else.
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdlib>

#include "http/chunks.hpp"
#include "http/head.hpp"

namespace purser {
namespace {

namespace http = boost::beast::http;

void must(bool truth) {
  if (!truth) {
    std::abort();
  }
}

/// What we accept, Beast accepts: the same fields, the same end of the body.
template <bool is_request>
void compare(std::string_view bytes, const Head& head, const std::vector<Field>& fields) {
  http::parser<is_request, http::empty_body> parser;
  parser.header_limit(kHeadBytesMax * 2);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put({bytes.data(), bytes.size()}, error);
  must(!error || error == http::error::need_more);
  must(parser.is_header_done());
  must(parser.chunked() == (head.framing == Framing::chunked) || head.framing == Framing::none);
  if (head.framing == Framing::length) {
    must(parser.content_length().value_or(0) == head.length);
  }
  must(!head.keep_alive || parser.keep_alive() || parser.need_eof());
  const auto& theirs = parser.get();
  must(static_cast<std::size_t>(std::distance(theirs.begin(), theirs.end())) == fields.size());
  for (const Field& field : fields) {
    must(theirs.count({field.name.data(), field.name.size()}) > 0);
  }
}

void decode(std::string_view bytes) {
  std::string whole(bytes);
  Chunks at_once(Fault::client);
  const auto all = at_once.decode(whole);
  Chunks by_byte(Fault::client);
  std::string payload;
  std::string pending;
  for (const char byte : bytes) {
    pending += byte;
    const auto step = by_byte.decode(pending);
    if (!step) {
      return;
    }
    payload += step->payload;
    pending.erase(0, step->used);
  }
  must(all.has_value());
  must(all->payload == payload);
  must(at_once.finished() == by_byte.finished());
}

}  // namespace
}  // namespace purser

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace purser;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::size_t searched = 0;
  const std::size_t length = head_length(bytes, searched);
  if (length > 0 && length <= kHeadBytesMax) {
    std::vector<Field> fields;
    const std::string_view whole = bytes.substr(0, length);
    if (const auto head = read_request_head(whole, fields)) {
      compare<true>(whole, *head, fields);
    }
    if (const auto head = read_response_head(whole, fields)) {
      compare<false>(whole, *head, fields);
    }
  }
  decode(bytes);
  return 0;
}
