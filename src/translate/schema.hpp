// translate/schema.hpp — JSON Schema and the parts of it that Gemini takes.
#pragma once

#include "translate/json.hpp"

namespace purser::translate {

/// Gemini's own Schema (types in capitals, nullable, counts as texts) as JSON Schema.
json::value from_gemini_schema(const json::value& schema);
/// JSON Schema without what Gemini refuses; what was taken out is noted.
json::value for_gemini(const json::value& schema, const std::string& path, Notes& notes);

}  // namespace purser::translate
