// pipeline/background_call.hpp — one call that the provider works on after it has answered.
#pragma once

#include <memory>

#include "pipeline/stages.hpp"

namespace purser {

/// Stays where it is: the held parts see into the caller's labels.
struct BackgroundCall {
  explicit BackgroundCall(Admitted read) : admitted(std::move(read)) {}
  Admitted admitted;
  Held held;
  int status = 0;  // of its first answer
  std::int64_t first_byte_us = 0;
  Instant due;  // presumed then
};

/// Its hold stays open until a fetch shows how it ended. The request's bytes may go.
void leave_open(const std::shared_ptr<BackgroundCall>& call, const Answered& answered,
                Services& services);

}  // namespace purser
