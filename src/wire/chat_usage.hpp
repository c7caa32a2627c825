// wire/chat_usage.hpp — the usage object of Chat Completions, in every provider's version of it.
#pragma once

#include <cstdint>
#include <optional>

#include "money/usage.hpp"
#include "wire/json_scan.hpp"
#include "wire/quirks.hpp"

namespace purser {

/// As reported; what is not said is empty.
struct ChatUsage {
  std::optional<std::int64_t> prompt;
  std::optional<std::int64_t> completion;
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> audio_in;
  std::optional<std::int64_t> image_in;
  std::optional<std::int64_t> video_in;
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> audio_out;
  std::optional<std::int64_t> image_out;
  std::optional<std::int64_t> searches;

  bool reported() const { return prompt || completion; }
};

/// Takes the value of a "usage" member.
ChatUsage read_chat_usage(JsonScan& scan);
Usage normal_form(const ChatUsage& reported, const Quirks& quirks);

/// The full-price part of a prompt, which includes its cached parts, unless they are more than all
/// of it: then the provider left them out. What was read and written at once is in it once.
std::int64_t uncached(std::int64_t prompt, std::int64_t cached, std::int64_t written);

}  // namespace purser
