// pipeline/heads.cpp — which header travels, and which stays.
#include "pipeline/heads.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>

#include "base/digits.hpp"

namespace purser {
namespace {

constexpr std::string_view kDeployments = "/openai/deployments/";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

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
    case 'a':
      return same_name(name, "api-key");
    case 'c':
      return starts_with(name, "cf-aig-");
    default:
      return false;
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

constexpr std::array<std::string_view, 2> kVersions{"/v1", "/v1beta"};

/// Google's paths have the version in them, and so may its base URL: then that one counts.
std::string_view below_version(std::string_view path, std::string_view base) {
  const auto versioned = [base](std::string_view version) { return base.ends_with(version); };
  for (const std::string_view version : kVersions) {
    if (std::ranges::any_of(kVersions, versioned) && path.starts_with(version) &&
        path.substr(version.size()).starts_with('/')) {
      return path.substr(version.size());
    }
  }
  return path;
}

/// The provider's own path for what came to ours. A base URL is what its own clients take: OpenAI's
/// has the version in it, and so has any that goes on behind the host; Anthropic's has not.
void append_path(std::string& out, const OutgoingHead& head, const Provider& provider) {
  if (const std::string_view deployment = model_in(head.path); !deployment.empty()) {
    out += kDeployments;
    out += head.model;
    out += head.path.substr(kDeployments.size() + deployment.size());
    return;
  }
  const std::string& base = provider.origin.base_path;
  if (head.dialect == Dialect::gemini) {
    out += base;
    out += below_version(head.path, base);
    return;
  }
  const bool versioned = base.ends_with("/v1") || provider.quirks.bare_paths ||
                         (head.dialect != Dialect::messages && !base.empty());
  out += base;
  out += versioned && head.path.starts_with("/v1/") ? head.path.substr(3) : head.path;
}

/// The operator has set this field for all requests to the provider.
bool is_set_by(const Provider& provider, std::string_view name) {
  return std::ranges::any_of(provider.headers, [name](const auto& header) {
    return std::ranges::equal(header.first, name, {}, lower, lower);
  });
}

}  // namespace

std::string_view model_in(std::string_view path) {
  if (!path.starts_with(kDeployments)) {
    return {};
  }
  const std::string_view rest = path.substr(kDeployments.size());
  return rest.substr(0, rest.find('/'));
}

std::string_view provider_asked(const Request& request) {
  if (!request.provider.empty()) {
    return request.provider;
  }
  if (const auto ours = field_value(*request.fields, "x-purser-provider"); !ours.empty()) {
    return ours;
  }
  const std::string_view portkey = field_value(*request.fields, "x-portkey-provider");
  return portkey.substr(portkey.starts_with('@') ? 1 : 0);
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

void append_request_head(std::string& out, const OutgoingHead& head, const Provider& provider,
                         const std::vector<Field>& fields) {
  out += head.method;
  out += ' ';
  append_path(out, head, provider);
  append_query(out, head.query);
  out += " HTTP/1.1\r\nHost: ";
  out += provider.origin.authority;
  out += "\r\n";
  if (!head.secret.empty()) {
    out += line_begin(head.key_header);
    out += head.secret;
    out += "\r\n";
  }
  for (const auto& [name, value] : provider.headers) {
    append_field(out, name, value);
  }
  for (const Field& field : fields) {
    if (!stays_here(field) && !is_set_by(provider, field.name)) {
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
