// pipeline/heads.hpp — the headers of a call on its way out and of its answer on the way back.
// Everything is passed on as it came, but for what belongs to one hop, to the caller's own secret,
// or to Purser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "http/connection.hpp"
#include "http/fields.hpp"
#include "pipeline/provider.hpp"

namespace purser {

/// Azure's older paths name the model: "/openai/deployments/MODEL/chat/completions". Empty: this
/// one names none.
std::string_view model_in(std::string_view path);

/// The provider that a request names: by the path it came to, or by a header, ours or that of
/// another gateway. Empty: none.
std::string_view provider_asked(const Request& request);

/// A field of a request that is for Purser alone, or about one connection.
bool stays_here(const Field& field);

struct OutgoingHead {
  std::string_view method;
  std::string_view path;   // as it came: "/v1/chat/completions"
  std::string_view query;  // a "key=" pair is left out: it was the caller's secret
  Dialect dialect = Dialect::chat;
  std::string_view model = {};  // for paths that name it
  std::size_t body_bytes = 0;
  bool has_body = true;
  std::string_view secret;  // the provider's key; empty: none is sent
  KeyHeader key_header = KeyHeader::bearer;
};
/// Appends a whole request head, its path below the provider's base URL.
void append_request_head(std::string& out, const OutgoingHead& head, const Provider& provider,
                         const std::vector<Field>& fields);

/// Appends "HTTP/1.1 200 OK" and the provider's fields that travel on, without the last empty line:
/// the caller adds its own fields, then the framing.
void append_response_head(std::string& out, int status, const std::vector<Field>& fields);

/// Ends a head: Content-Length or chunked, keep-alive or close.
void end_head_with_length(std::string& out, std::size_t bytes, bool keep_alive);
void end_head_chunked(std::string& out, bool keep_alive);

void append_field(std::string& out, std::string_view name, std::string_view value);
std::string_view reason_phrase(int status);

}  // namespace purser
