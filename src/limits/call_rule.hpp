// limits/call_rule.hpp — what every single call is held to, before any account is asked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "limits/limit_set.hpp"
#include "limits/match.hpp"

namespace purser {

/// Which tools may be called. A * in a name stands for any text.
struct ToolList {
  std::vector<std::string> allow = {};  // others are refused; empty: all
  std::vector<std::string> deny = {};   // these are refused, allowed or not

  bool lets(std::string_view tool) const;
  bool empty() const { return allow.empty() && deny.empty(); }
};

struct CallRule {
  Match match = {};
  std::optional<Tokens> output_default = {};  // for a call that names no bound
  std::optional<Tokens> output_max = {};      // a larger bound is lowered
  std::optional<Tokens> input_max = {};       // a larger prompt is refused
  std::vector<std::string> models = {};       // others are refused; empty: all
  std::string effort_max = {};                // more is lowered; empty: any
  ToolList tools = {};                        // of MCP servers
};

/// Callers that limits are not to block.
struct Workload {
  Match match;
  Control control = Control::enforce;
};

/// All rules that match, together: of several bounds the tightest. Views into the rules.
struct CallBounds {
  std::optional<Tokens> output_default;
  std::optional<Tokens> output_max;
  std::optional<Tokens> input_max;
  std::string_view effort_max;
  const CallRule* refuses_model = nullptr;  // the first whose list it is not in
};
CallBounds bounds_of(std::span<const CallRule> rules, const Facts& facts);

/// Whether every rule that matches lets the tool be called. `facts` are of a tool call.
bool lets_tool(std::span<const CallRule> rules, const Facts& facts);

/// The first workload that matches decides.
Control control_of(std::span<const Workload> workloads, const Facts& facts);

}  // namespace purser
