// simulate/answer.hpp — what the model says to a request, and what that consumed. Pure: the same
// request, script and seed give the same answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/seed.hpp"
#include "simulate/asked.hpp"
#include "simulate/options.hpp"
#include "simulate/prompt_cache.hpp"
#include "simulate/script.hpp"

namespace purser::simulate {

enum class Finish : std::uint8_t { done, length, stop_sequence, tool, refusal };

struct Choice {
  std::string text = {};
  std::string_view tool = {};  // the tool it calls; empty: none
  std::string arguments = {};  // JSON, cut short when the cap was reached
  std::int64_t tokens = 0;     // of text or tool call
  std::int64_t reasoning = 0;  // before them
  Finish finish = Finish::done;
  std::string_view stop = {};  // which sequence ended it
};

struct Answer {
  std::vector<Choice> choices = {};
  Usage usage = {};              // all of it
  std::int64_t input_grown = 0;  // of usage.input: what searches brought in after the start
  Terms terms = {};
  bool free = false;  // a refusal before any output costs nothing at the messages API
};

Answer decide(const Asked& asked, const Script& script, const CacheUse& cached,
              const Options& options, Seed seed);

}  // namespace purser::simulate
