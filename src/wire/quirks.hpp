// wire/quirks.hpp — where one provider differs from the dialect it speaks.
#pragma once

#include <string_view>

namespace purser {

struct Quirks {
  /// The member that bounds a chat answer. Some know only the old one, and refuse or, worse,
  /// ignore the new one: then nothing would hold the answer to its bound.
  std::string_view output_field = "max_completion_tokens";
  /// Reasoning is billed beside the completion tokens though the total does not show it.
  bool reasoning_beside_output = false;
  /// Streams report their usage without being asked, and being asked is refused.
  bool usage_unasked = false;
  /// Its paths begin without "/v1", although its base URL is only a host.
  bool bare_paths = false;
  friend bool operator==(const Quirks&, const Quirks&) = default;
};

}  // namespace purser
