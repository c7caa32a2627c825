// pipeline/open_tools.hpp — tool calls whose answer's stream ended before their result: in sessions
// the client comes back for it by a GET, maybe on another core, and the call is settled there.
//
//   park ─take▶ settled
//     └───due──▶ presumed
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/instant.hpp"

namespace purser {

struct ToolCall;  // tool_call.hpp

/// More than so many is a client that never comes back: the oldest are presumed.
inline constexpr std::size_t kOpenToolsMax = 16'384;

class OpenTools {
 public:
  OpenTools();
  ~OpenTools();

  /// `name`: server, session and id of the request.
  void park(const std::string& name, std::unique_ptr<ToolCall> call, Instant due);
  /// Null: no such call is open.
  std::unique_ptr<ToolCall> take(const std::string& name);
  /// One that is due, or one too many.
  std::unique_ptr<ToolCall> due(Instant now);
  /// Without a lock: streams look at every message only while somebody waits for one.
  bool any() const { return size_.load(std::memory_order_relaxed) > 0; }

 private:
  struct Parked {
    std::unique_ptr<ToolCall> call;
    Instant due;
  };
  std::mutex mutex_;
  std::map<std::string, Parked> parked_;
  std::multimap<Instant, std::string> by_due_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace purser
