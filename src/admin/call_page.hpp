// admin/call_page.hpp — one call's record, as GET /v1/calls/{id} shows it to the key that made it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// The record as a JSON object, or why the call was refused; nothing when neither is known of this
/// key. Folds the journal first, so that a call is there as soon as it is over. May wait for the
/// disk.
Result<std::optional<std::string>> call_page(Services& services, const std::filesystem::path& data,
                                             CallId id, std::string_view key);

}  // namespace purser
