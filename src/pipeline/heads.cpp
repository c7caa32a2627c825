// pipeline/heads.cpp — which header travels, and which stays.
#include "pipeline/heads.hpp"

#include <boost/beast/http/status.hpp>

#include "base/digits.hpp"

namespace purser {
namespace {

/// Fields about one connection only (RFC 9110 §7.6.1), and the framing, which is made anew.
bool of_one_hop(FieldName known) {
  switch (known) {
    case FieldName::connection:
    case FieldName::keep_alive:
    case FieldName::proxy_connection:
    case FieldName::proxy_authorization:
    case FieldName::te:
    case FieldName::trailer:
    case FieldName::transfer_encoding:
    case FieldName::upgrade:
    case FieldName::content_length:
      return true;
    default:
      return false;
  }
}

bool starts_with(std::string_view name, std::string_view lower_prefix) {
  return name.size() >= lower_prefix.size() &&
         same_name(name.substr(0, lower_prefix.size()), lower_prefix);
}

/// What a caller says to Purser, or said to the gateway it used before: no provider's business.
bool for_the_gateway(std::string_view name) {
  switch (name.empty() ? '\0' : name.front() | 0x20) {
    case 'x':
      return starts_with(name, "x-purser-") || starts_with(name, "x-litellm-") ||
             starts_with(name, "x-portkey-") || same_name(name, "x-api-key") ||
             same_name(name, "x-goog-api-key");
    case 'h':
      return starts_with(name, "helicone-");
    case 'c':
      return starts_with(name, "cf-aig-");
    default:
      return false;
  }
}

bool stays_here(const Field& field) {
  switch (field.known) {
    case FieldName::host:
    case FieldName::authorization:
    case FieldName::accept_encoding:  // what we meter must be readable
    case FieldName::expect:           // answered by us
      return true;
    case FieldName::unknown:
      return for_the_gateway(field.name);
    default:
      return of_one_hop(field.known);
  }
}

void append_query(std::string& out, std::string_view query) {
  char separator = '?';
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (!pair.starts_with("key=")) {
      out += separator;
      out += pair;
      separator = '&';
    }
  }
}

}  // namespace

std::string_view below_base(std::string_view path, const Origin& origin) {
  return origin.base_path.ends_with("/v1") && path.starts_with("/v1/") ? path.substr(3) : path;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

std::string_view reason_phrase(int status) {
  const auto text = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

void append_request_head(std::string& out, const OutgoingHead& head, const Origin& origin,
                         const std::vector<Field>& fields) {
  out += head.method;
  out += ' ';
  out += origin.base_path;
  out += head.path;
  append_query(out, head.query);
  out += " HTTP/1.1\r\nHost: ";
  out += origin.authority;
  out += "\r\n";
  if (!head.secret.empty()) {
    out += head.secret_as_api_key ? "x-api-key: " : "Authorization: Bearer ";
    out += head.secret;
    out += "\r\n";
  }
  for (const Field& field : fields) {
    if (!stays_here(field)) {
      append_field(out, field.name, field.value);
    }
  }
  out += "Accept-Encoding: identity\r\n";
  if (head.has_body) {
    out += "Content-Length: ";
    append_number(out, static_cast<std::int64_t>(head.body_bytes));
    out += "\r\n";
  }
  out += "\r\n";
}

void append_response_head(std::string& out, int status, const std::vector<Field>& fields) {
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  for (const Field& field : fields) {
    if (!of_one_hop(field.known) && !starts_with(field.name, "x-purser-")) {
      append_field(out, field.name, field.value);
    }
  }
}

void end_head_with_length(std::string& out, std::size_t bytes, bool keep_alive) {
  out += "Content-Length: ";
  append_number(out, static_cast<std::int64_t>(bytes));
  out += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
}

void end_head_chunked(std::string& out, bool keep_alive) {
  out += keep_alive ? "Transfer-Encoding: chunked\r\n\r\n"
                    : "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
}

}  // namespace purser
