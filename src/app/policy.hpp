// app/policy.hpp — the configuration turned into what calls are judged by.
#pragma once

#include <memory>
#include <vector>

#include "app/config.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// Reads provider keys from the environment and files, the price book (built in, and the operator's
/// own), and compiles the limits. Error (config): which of them is wrong, and why.
Result<std::shared_ptr<const Policy>> make_policy(const Config& config);

/// The price book alone: built in, with the operator's files over it.
Result<PriceBook> read_prices(const Config& config);

/// No provider has a key: nothing can be called for real.
bool keyless(const Policy& policy);

}  // namespace purser
