// simulate/provider.hpp — a provider on a port of this machine: two wire formats, seeded answers,
// faults on demand, and its own bill at GET /bill. Runs on one thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "simulate/bill.hpp"
#include "simulate/options.hpp"

namespace purser::simulate {

class Provider {
 public:
  /// Listens and answers from here on. Error (config) when the address cannot be had.
  static Result<std::unique_ptr<Provider>> start(Options options);
  ~Provider();
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8485": append "/v1" for an OpenAI base URL.
  std::string base_url() const;
  const Bill& bill() const;
  /// Calls whose answer is not over: a bill is complete when there are none.
  std::int64_t calls_open() const;

 private:
  struct State;
  explicit Provider(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// `purser simulate`: a Provider until SIGINT or SIGTERM. Returns the exit code.
int serve(const Options& options);

}  // namespace purser::simulate
