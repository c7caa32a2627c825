// pipeline/heads.hpp — the headers of a call on its way out and of its answer on the way back.
// Everything is passed on as it came, but for what belongs to one hop, to the caller's own secret,
// or to Purser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "http/fields.hpp"
#include "http/upstream.hpp"

namespace purser {

/// The path below the provider's base URL, whose last part is "/v1" for some clients and not for
/// others: OPENAI_BASE_URL has it, ANTHROPIC_BASE_URL has not. A bare "/chat/completions" stays.
std::string_view below_base(std::string_view path, const Origin& origin);

struct OutgoingHead {
  std::string_view method;
  std::string_view path;   // below the provider's base path: "/chat/completions"
  std::string_view query;  // a "key=" pair is left out: it was the caller's secret
  std::size_t body_bytes = 0;
  bool has_body = true;
  std::string_view secret;         // the provider's key; empty: none is sent
  bool secret_as_api_key = false;  // x-api-key instead of Authorization: Bearer
};
/// Appends a whole request head.
void append_request_head(std::string& out, const OutgoingHead& head, const Origin& origin,
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
