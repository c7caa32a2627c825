// wire/responses_usage.hpp — the usage object of OpenAI's newer dialects: Responses and Images.
#pragma once

#include <cstdint>
#include <optional>

#include "money/usage.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// As reported; what is not said is empty.
struct ResponsesUsage {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> cache_write_long;  // of cache_write
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> audio_in;
  std::optional<std::int64_t> image_in;
  std::optional<std::int64_t> audio_out;
  std::optional<std::int64_t> image_out;

  bool reported() const { return input || output; }
};

/// Takes the value of a "usage" member.
ResponsesUsage read_responses_usage(JsonScan& scan);
Usage normal_form(const ResponsesUsage& reported);
/// Of a model that draws: its output is pictures, unless it says otherwise.
Usage picture_form(const ResponsesUsage& reported);

}  // namespace purser
