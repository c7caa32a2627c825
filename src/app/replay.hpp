// app/replay.hpp — `purser replay`: recorded agent sessions, played again through the gateway.
// Why: limits and savings are judged on traffic that agents really make, before it is one's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/table.hpp"
#include "base/result.hpp"

namespace purser {

/// A recorded model, or the beginning of its name, is played as another. "" stands for every model.
struct ModelMapping {
  std::string recorded;
  std::string played;
};

struct ReplayOptions {
  std::filesystem::path file = {};  // JSON lines, plain or zstd
  std::string base = "http://127.0.0.1:8484";
  std::string key = {};     // the caller's credential; empty: none is sent
  std::int64_t users = 20;  // sessions are dealt out to them in turn
  std::vector<std::string> tiers = {"free", "pro", "enterprise"};  // users are dealt out to these
  double speed = 1;                       // recorded pauses are divided by this; 0: no pauses
  std::size_t concurrency = 16;           // sessions at the same time
  std::size_t sessions = 0;               // how many; past the end they begin anew; 0: each once
  std::int64_t output_max = 4096;         // asked for in every call, as agents do
  std::int64_t stream_percent = 50;       // of sessions that stream
  std::vector<ModelMapping> models = {};  // the first that fits; then the built-in ones
  Format format = Format::table;
};

/// "100x", "2.5x", "100"; "max" is 0, no pauses at all. Error (config) on anything else.
Result<double> parse_speed(std::string_view text);
/// "gpt-4-turbo=gpt-4o", "=gpt-4o-mini".
Result<ModelMapping> parse_model_mapping(std::string_view text);

/// Plays, with progress on standard error, and prints what it cost on standard output. Answers the
/// exit code: 0 when calls were answered or refused, 1 when none was or the file cannot be read.
/// The first Ctrl-C lets the calls in flight end; the second drops them. Both still report.
int replay(const ReplayOptions& options);

}  // namespace purser
