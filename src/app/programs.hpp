// app/programs.hpp — MCP servers that are programs, and the bridge they are asked by.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "bridge/bridge.hpp"

namespace purser {

/// The bridge serves the programs of `config`, which says from now on where each is asked. Opens it
/// for the first of them. Error: there is no port for it.
Result<void> start_programs(Config& config, std::unique_ptr<Bridge>& bridge, Bridge::Say say);

}  // namespace purser
