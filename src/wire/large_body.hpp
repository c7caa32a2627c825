// wire/large_body.hpp — the end of an answer that is mostly numbers or pictures: what it cost
// stands behind them, so that no more than its end need be kept.
#pragma once

#include <string>
#include <string_view>

#include "wire/wire.hpp"

namespace purser {

class LargeBody {
 public:
  void see(std::string_view bytes);
  /// The whole answer, unless it was too large.
  bool whole() const { return !cut_; }
  std::string_view text() const { return body_; }
  /// The value of its last member "usage"; empty where there is none in what is left.
  std::string_view usage() const;

 private:
  /// What is kept of one that is too large: more than any usage takes.
  static constexpr std::size_t kEnd = std::size_t{64} << 10;
  std::string body_;
  bool cut_ = false;
};

}  // namespace purser
