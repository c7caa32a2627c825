// app/programs.cpp — from configuration to the bridge, and its address back.
#include "app/programs.hpp"

#include <fmt/format.h>

#include "pipeline/services.hpp"

namespace purser {

Result<void> start_programs(Config& config, std::unique_ptr<Bridge>& bridge, Bridge::Say say) {
  std::vector<Program> programs;
  for (const McpConfig& server : config.mcp) {
    if (!server.command.empty()) {
      programs.push_back({.name = server.name,
                          .command = server.command,
                          .arguments = server.arguments,
                          .environment = server.environment});
    }
  }
  if (programs.empty() && !bridge) {
    return {};
  }
  if (!bridge) {
    auto opened = Bridge::open(
        fmt::format("{:016x}{:016x}", secret_seed().next(), secret_seed().next()), std::move(say));
    if (!opened) {
      return std::unexpected(opened.error());
    }
    bridge = std::move(*opened);
  }
  bridge->serve(std::move(programs));
  for (McpConfig& server : config.mcp) {
    if (!server.command.empty()) {
      server.url = bridge->url(server.name);
      server.headers.emplace_back("authorization", "Bearer " + bridge->secret());
    }
  }
  return {};
}

}  // namespace purser
