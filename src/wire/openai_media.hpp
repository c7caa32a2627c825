// wire/openai_media.hpp — pictures, speech and files in the prompts of OpenAI's dialects.
#pragma once

#include <string_view>

#include "wire/request_scan.hpp"

namespace purser {

/// The content of a media part, wherever it stands: a URL (perhaps "data:…"), base64 text or an id.
struct Medium {
  std::int64_t inline_bytes = 0;
  bool by_reference = false;
};

void read_medium(RequestScan& scan, Medium& medium);
void read_medium_text(RequestScan& scan, Medium& medium);
void read_medium_id(RequestScan& scan, Medium& medium);

/// Speech in the body or elsewhere.
Media speech(const Medium& medium);
/// A file, which may be as long as any document.
Media document(const Medium& medium);
/// At most so many tokens a picture. Which rule counts them is known only with the model.
std::int64_t image_tokens_max(std::string_view model);

}  // namespace purser
