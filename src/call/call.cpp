// call/call.cpp — names of the enumerations, as they stand in JSON, SQL and logs.
#include "call/call.hpp"

#include "call/caller.hpp"

namespace purser {

std::string_view to_string(Dialect dialect) {
  switch (dialect) {
    case Dialect::chat:
      return "chat";
    case Dialect::messages:
      return "messages";
    case Dialect::vendor:
      return "vendor";
  }
  return "chat";
}

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::background:
      return "background";
    case Priority::normal:
      return "normal";
    case Priority::essential:
      return "essential";
  }
  return "normal";
}

}  // namespace purser
