// app/serve.hpp — `purser serve`: the gateway, from its configuration to the last settled call.
#pragma once

#include <filesystem>

#include "app/config.hpp"

namespace purser {

struct ServeOptions {
  std::filesystem::path config_file;  // watched for changes; empty: defaults, nothing to watch
  std::filesystem::path data;         // of the command line; empty: as configured
  bool simulate_when_keyless = true;  // no provider key found: the simulated provider behind us
};

/// Runs until SIGINT or SIGTERM. Returns the exit code: 0 after an orderly stop, 1 when it could
/// not start (the reason is on standard error).
int serve(const Config& config, const ServeOptions& options);

}  // namespace purser
