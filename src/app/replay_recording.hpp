// app/replay_recording.hpp — recorded agent sessions, read and put into one form.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace purser {

struct SaidCall {
  std::string id = {};
  std::string name = {};
  std::string arguments = {};  // JSON
};

/// One message of a session. Tool calls without a result, and results without a call, are mended:
/// providers refuse both.
struct Said {
  enum class Role : std::uint8_t { system, user, assistant, tool };
  Role role = Role::user;
  std::string text = {};
  std::vector<SaidCall> calls = {};  // of an assistant
  std::string call_id = {};          // of a tool result
  std::int64_t output_bytes = 0;     // of an assistant: what the model wrote, mended calls included
  std::chrono::milliseconds pause{0};  // before it, as recorded
  bool forgets = false;  // the agent compacted its history: nothing before this is re-sent
  bool asks() const { return role == Role::assistant && output_bytes > 0; }
  bool empty() const { return text.empty() && calls.empty(); }
};

struct ToolRecord {
  std::string name = {};
  std::string description = {};
  std::string schema = {};  // JSON
};

struct Recording {
  std::string id = {};
  std::string model = {};   // empty: not recorded
  std::string domain = {};  // "airline customer service"
  std::vector<ToolRecord> tools = {};
  std::vector<Said> messages = {};
};

/// Every session of `file`. Error (config) names the line that cannot be read.
Result<std::vector<Recording>> read_recordings(const std::filesystem::path& file);

}  // namespace purser
