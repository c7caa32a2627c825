// call/caller.hpp — who the spend belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace purser {

/// Who is shed first as money runs out: background, then normal, essential last.
enum class Priority : std::uint8_t { background, normal, essential };

std::string_view to_string(Priority priority);

/// Empty text means "not said". Bounds (kLabelBytesMax) are enforced where labels enter.
struct Caller {
  std::string key;  // the key's public id, "key_…": never the secret
  std::string user;
  std::string tier;
  std::string team;
  std::string feature;
  std::string session;
  Priority priority = Priority::normal;
  std::vector<std::pair<std::string, std::string>> tags;
  friend bool operator==(const Caller&, const Caller&) = default;
};

/// Which labels a key lets its requests set. What the key itself fixes always wins.
struct LabelRights {
  bool user = true;
  bool tier = false;  // who could name its own tier would name the generous one
  bool team = false;
  bool feature = true;
  bool session = true;
  bool priority = true;
  bool tags = true;
};

/// A label is an account's subject and a report's row: long ones are somebody's mistake.
inline constexpr std::size_t kLabelBytesMax = 128;
inline constexpr std::size_t kTagsMax = 16;

}  // namespace purser
