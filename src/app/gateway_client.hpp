// app/gateway_client.hpp — a command's question to the gateway that runs beside it.
#pragma once

#include <string>
#include <string_view>

#include "app/config.hpp"
#include "base/result.hpp"

namespace purser {

struct GatewayAnswer {
  int status = 0;
  std::string body;

  /// What the gateway says is wrong, in its words.
  std::string message() const;
};

/// "http://127.0.0.1:8484", as this machine reaches what the configuration listens on.
std::string gateway_base(const Config& config);

/// Posts a JSON body and waits for the whole answer. Error (upstream): nobody answers there.
Result<GatewayAnswer> post_to_gateway(std::string_view base, std::string_view path,
                                      std::string_view key, std::string_view body);

}  // namespace purser
