// simulate/pages.hpp — what the simulated provider says beside its answers: models, bill, health.
#pragma once

#include <string>
#include <string_view>

#include "simulate/connection.hpp"

namespace purser::simulate {

/// Answers that are not performed: complete, at once, never billed.
struct Page {
  int status = 200;
  std::string body;
  bool events = false;
};

struct Wanted {
  std::string_view path;
  std::string_view query;
  bool posted = false;
  Dialect dialect = Dialect::chat;  // of who asks
};

Page page_for(const Wanted& wanted, Premises& premises);

}  // namespace purser::simulate
