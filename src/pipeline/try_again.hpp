// pipeline/try_again.hpp — a call that failed before its answer began, and what becomes of it.
#pragma once

#include "pipeline/relay.hpp"
#include "routing/attempts.hpp"

namespace purser {

/// Why the call does not go to its provider: that is left alone for now. Nothing: it may go.
std::optional<Denial> kept_out(const Admitted& admitted, Services& services);

/// Makes of a call that has not been held yet one for its next fallback. False: there is none.
bool go_elsewhere(Admitted& admitted, Attempts& attempts, Services& services);

/// What came of an attempt, as far as another may mend it. Tells the breakers.
Failing look_at(const Admitted& admitted, const Asked& asked, Services& services);

/// Ends a failed attempt in the books, makes of the call what is tried next, to be held anew, and
/// waits as long as that has to. False: nothing is tried any more, and nothing was done; whatever
/// came is the answer.
Awaitable<bool> try_again(Admitted& admitted, const Held& held, Asked& asked, Failing failing,
                          Attempts& attempts, Core& core, Services& services);

}  // namespace purser
