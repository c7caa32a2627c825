// app/starter.hpp — what somebody needs who starts Purser for the first time: a key, and a call
// that works when pasted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/config.hpp"

namespace purser {

/// The secret of the key "starter": made at the first start and kept in data/starter.key, readable
/// by its owner only, so that every start can show it. The books hold only its hash, as of any key.
/// Whoever deletes the file has a ledger without a secret in it; the key itself is then revoked
/// with `purser keys revoke`.
Result<std::string> starter_key(const std::filesystem::path& data, Instant now);

/// Base URLs, the key, and one curl line.
std::string greeting(const Config& config, const std::string& key, bool simulated);

/// Points every provider of the configuration at the simulated one.
void stand_in(Config& config, std::uint16_t port);

}  // namespace purser
