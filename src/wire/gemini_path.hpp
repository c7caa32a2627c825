// wire/gemini_path.hpp — what a path of Google's says:
// "/v1beta/models/gemini-3-pro:generateContent".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "call/call.hpp"

namespace purser {

enum class GeminiMethod : std::uint8_t {
  generate,
  stream,
  embed,
  embed_batch,
  count_tokens,
  other,  // nothing we meter
};

struct GeminiPath {
  std::string_view model;  // without "models/"; a provider's name may stand in front of it
  Span model_span;         // in the path
  GeminiMethod method = GeminiMethod::other;
  std::string_view method_name;
};

/// Nothing: it names no method of a model.
std::optional<GeminiPath> read_gemini_path(std::string_view path);

/// Whether a stream comes as one JSON array, and its errors in one: without ?alt=sse.
bool streams_array(std::string_view path, std::string_view query);

}  // namespace purser
