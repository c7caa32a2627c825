// app/data_file.hpp — files that people hand to us, plain or compressed with zstd.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace purser {

/// All of a file. Error (config) names it.
Result<std::string> read_file(const std::filesystem::path& file);

/// All of a file, unpacked when it is zstd's. Error (config): unreadable, cut, or larger than any
/// file of ours unpacked.
Result<std::string> read_data_file(const std::filesystem::path& file);

/// Writes a whole file or none: readers see the old one or the new one. Makes the folder.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text);

}  // namespace purser
