// money/members.hpp — the members of one JSON object of a price file, each mistake where it stands.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace purser {

/// Reads the members of one JSON object; what nobody asked for is an error at the end.
class Members {
 public:
  Members(simdjson::dom::object members, std::string where)
      : object_(members), where_(std::move(where)) {}

  template <typename T>
  Result<std::optional<T>> optional(std::string_view name, std::string_view expected) {
    asked_.push_back(name);
    simdjson::dom::element value;
    if (object_.at_key(name).get(value) != simdjson::SUCCESS) {
      return std::optional<T>();
    }
    T found{};
    if (value.get(found) != simdjson::SUCCESS) {
      return wrong(name, expected);
    }
    return std::optional<T>(found);
  }

  /// No member but those asked for, and none twice.
  Result<void> nothing_else() const {
    std::vector<std::string_view> seen;
    for (const auto field : object_) {
      if (std::find(asked_.begin(), asked_.end(), field.key) == asked_.end()) {
        return wrong(field.key, "no such member here");
      }
      if (std::find(seen.begin(), seen.end(), field.key) != seen.end()) {
        return wrong(field.key, "said twice");
      }
      seen.push_back(field.key);
    }
    return {};
  }

  std::unexpected<Error> wrong(std::string_view name, std::string_view expected) const {
    return fail(Fault::config, fmt::format("{}: {}: {}", where_, name, expected));
  }
  const std::string& where() const { return where_; }

 private:
  simdjson::dom::object object_;
  std::string where_;
  std::vector<std::string_view> asked_;
};

}  // namespace purser
