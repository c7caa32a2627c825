// ledger/entry.cpp — names of outcomes, as they stand in SQL, JSON and logs.
#include "ledger/entry.hpp"

namespace purser {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::settled:
      return "settled";
    case Outcome::released:
      return "released";
    case Outcome::presumed:
      return "presumed";
    case Outcome::estimated:
      return "estimated";
  }
  return "presumed";
}

}  // namespace purser
