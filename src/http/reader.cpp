// http/reader.cpp — heads and chunks through Beast's parser, with the doors it leaves open shut.
#include "http/reader.hpp"

#include <boost/beast/http/error.hpp>

namespace purser {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

bool same_name(std::string_view name, std::string_view lower_case) {
  if (name.size() != lower_case.size()) {
    return false;
  }
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (lower(name[i]) != lower_case[i]) {
      return false;
    }
  }
  return true;
}

std::string_view field_value(const std::vector<Field>& fields, std::string_view lower_case) {
  for (const Field& field : fields) {
    if (same_name(field.name, lower_case)) {
      return field.value;
    }
  }
  return {};
}

template <bool is_request>
Reader<is_request>::Reader(std::vector<Field>& fields) : fields_(fields) {
  fields_.clear();
  this->eager(true);
  this->header_limit(kHeadBytesMax);
  this->body_limit(boost::none);  // the caller bounds what it takes
}

template <bool is_request>
Result<std::size_t> Reader<is_request>::read_head(std::string_view bytes) {
  const Fault sender = is_request ? Fault::client : Fault::upstream;
  const std::size_t end = bytes.find("\r\n\r\n", searched_);
  if (end == std::string_view::npos) {
    if (bytes.size() > kHeadBytesMax) {
      return fail(sender, "the header is larger than 32 KB");
    }
    searched_ = bytes.size() < 3 ? 0 : bytes.size() - 3;
    return 0;
  }
  head_ = bytes.substr(0, end + 4);
  Code error;
  const std::size_t used = this->put({head_.data(), head_.size()}, error);
  if (error) {
    return fail(sender, "not a valid HTTP/1.1 header: " + error.message());
  }
  if (!this->is_header_done() || used != head_.size()) {
    return fail(sender, "not a valid HTTP/1.1 header: it ends too early");
  }
  // A coding other than chunked would leave the two sides with different ideas of the body's end.
  for (const Field& field : fields_) {
    if (field.known == FieldName::transfer_encoding && !same_name(field.value, "chunked")) {
      return fail(sender, "only Transfer-Encoding: chunked is supported");
    }
  }
  head_ = {};  // from here on fields are trailers
  return used;
}

template <bool is_request>
Result<std::size_t> Reader<is_request>::decode(std::string_view bytes, std::string& payload) {
  payload_ = &payload;
  std::size_t used = 0;
  while (used < bytes.size() && !this->is_done()) {
    Code error;
    const std::string_view rest = bytes.substr(used);
    const std::size_t step = this->put({rest.data(), rest.size()}, error);
    used += step;
    if (error == beast::http::error::need_more || (!error && step == 0)) {
      break;
    }
    if (error) {
      return fail(is_request ? Fault::client : Fault::upstream,
                  "broken chunked body: " + error.message());
    }
  }
  return used;
}

template <bool is_request>
Framing Reader<is_request>::framing() const {
  if (this->is_done()) {
    return Framing::none;
  }
  if (this->chunked()) {
    return Framing::chunked;
  }
  return this->need_eof() && !this->content_length() ? Framing::until_close : Framing::length;
}

template <bool is_request>
std::uint64_t Reader<is_request>::length() const {
  return this->content_length().value_or(0);
}

template <bool is_request>
void Reader<is_request>::on_request_impl(beast::http::verb, View method, View target, int, Code&) {
  method_ = {method.data(), method.size()};
  target_ = {target.data(), target.size()};
}

template <bool is_request>
void Reader<is_request>::on_field_impl(FieldName known, View name, View value, Code& error) {
  const Field field{known, {name.data(), name.size()}, {value.data(), value.size()}};
  if (head_.empty()) {
    return;  // a trailer: nobody acts on those
  }
  // Beast joins folded lines in a buffer of its own; nobody has sent those since 1999.
  if (!field.value.empty() && !within(field.value, head_)) {
    error = beast::http::error::bad_value;
    return;
  }
  if (fields_.size() == kFieldsMax) {
    error = beast::http::error::header_limit;
    return;
  }
  fields_.push_back(field);
}

template <bool is_request>
std::size_t Reader<is_request>::on_chunk_body_impl(std::uint64_t, View body, Code&) {
  payload_->append(body.data(), body.size());
  return body.size();
}

template class Reader<true>;
template class Reader<false>;

}  // namespace purser
