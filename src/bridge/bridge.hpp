// bridge/bridge.hpp — MCP servers that are programs, reachable over HTTP on this machine.
// Why: so the rest of Purser knows one kind of server. A program speaks in lines to one client;
// here each session gets a program of its own, and clients without sessions share one. Only who
// knows the secret may ask: it is made at the start, and never leaves the process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridge/child.hpp"

namespace purser {

class Bridge {
 public:
  using Say = Child::Say;
  /// Error: no port of this machine's can be had.
  static Result<std::unique_ptr<Bridge>> open(std::string secret, Say say);
  virtual ~Bridge() = default;

  /// The programs from now on. Those that are gone or have changed are asked to go, with their
  /// sessions. Any thread.
  virtual void serve(std::vector<Program> programs) = 0;
  /// Where the program of this name is to be asked.
  virtual std::string url(const std::string& name) const = 0;
  /// What is to be sent as Authorization: Bearer.
  virtual const std::string& secret() const = 0;
};

}  // namespace purser
