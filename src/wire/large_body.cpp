// wire/large_body.cpp — kept whole as long as it is small.
#include "wire/large_body.hpp"

#include "wire/json_scan.hpp"

namespace purser {

void LargeBody::see(std::string_view bytes) {
  if (!cut_ && body_.size() + bytes.size() <= kEventBytesMax) {
    body_ += bytes;
    return;
  }
  cut_ = true;
  body_ += bytes.substr(bytes.size() - std::min(bytes.size(), kEnd));
  body_.erase(0, body_.size() - std::min(body_.size(), kEnd));
}

std::string_view LargeBody::usage() const {
  constexpr std::string_view kName = "\"usage\"";
  const std::size_t name = body_.rfind(kName);
  const std::size_t value = name == std::string::npos ? name : body_.find('{', name + kName.size());
  if (value == std::string::npos) {
    return {};
  }
  JsonScan scan(std::string_view(body_).substr(value));
  return scan.skip();
}

}  // namespace purser
