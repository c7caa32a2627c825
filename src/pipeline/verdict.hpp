// pipeline/verdict.hpp — what would become of a call: every decision of serve(), and none of its
// deeds.
#pragma once

#include <string>

#include "limits/stand.hpp"
#include "pipeline/stages.hpp"

namespace purser {

enum class Decision : std::uint8_t {
  admit,      // as it came
  fit,        // with a shorter answer: all that the money left carries
  downgrade,  // by a cheaper model
  land,       // as the last answer of its run
  wait,       // there may be room in a moment
  deny,
};
std::string_view to_string(Decision decision);

/// The verdict on the model call in this request's body, as a JSON object. A denial: nobody is
/// known to be asking, or the body cannot be read; then there is nothing to judge. Holds nothing,
/// begins no turn, moves no bucket.
Awaitable<OrDenial<std::string>> verdict(const Request& request, Dialect dialect, Core& core,
                                         Services& services);

/// One account or bucket as JSON: limit, measure, whose, what is posted, held and left.
void append_stand(std::string& json, const Stand& stand);

}  // namespace purser
