// admin/call_page.hpp — one call's record, as GET /v1/calls/{id} shows it to the key that made it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "store/store.hpp"

namespace purser {

/// The record as a JSON object, or nothing when the ledger has no such call of this key. Folds the
/// journal first, so that a call is there as soon as it is over. May wait for the disk.
Result<std::optional<std::string>> call_page(Store& store, const std::filesystem::path& data,
                                             CallId id, std::string_view key);

}  // namespace purser
