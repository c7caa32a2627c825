// app/upkeep.hpp — what a gateway does between calls: what is over is forgotten, what nobody uses
// leaves memory, and what could wait for the disk is written.
#pragma once

#include <functional>
#include <string>

#include "pipeline/services.hpp"

namespace purser {

/// The main thread's.
class Upkeep {
 public:
  using Say = std::function<void(const std::string&)>;
  Upkeep(Services& services, Say say) : services_(services), say_(std::move(say)) {}

  /// Every second or so.
  void look(Instant now);
  /// Writes what is left, when no more calls come.
  void finish(Instant now);

 private:
  void write_refusals();
  void note_ended_uses(Instant now);
  void forget(Instant now);

  Services& services_;
  const Say say_;
  bool refusals_failed_ = false;
  Instant note_uses_at_;
};

}  // namespace purser
