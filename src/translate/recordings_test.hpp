// translate/recordings_test.hpp — the recorded exchanges of the four dialects, for tests.
#pragma once

#include <string>
#include <vector>

#include "translate/translate.hpp"

namespace purser::translate {

struct Exchange {
  std::string id;
  Wire wire = Wire::chat;
  bool streaming = false;
  int status = 0;
  std::string request = {};   // empty: not recorded
  std::string response = {};  // likewise
};

/// Where they lie: in PURSER_DATA, where that is said.
std::string recordings();
std::vector<Exchange> exchanges();

}  // namespace purser::translate
