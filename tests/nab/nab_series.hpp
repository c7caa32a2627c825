// tests/nab/nab_series.hpp — the labelled series, read from the data folder.
#pragma once

#include <string>
#include <vector>

#include "nab_score.hpp"

namespace purser::nab {

/// $PURSER_DATA/series/nab, or the folder beside the sources.
std::string folder();

/// Every series of the folder's labels.json, by name. Empty when there is none.
std::vector<Series> read_series(const std::string& folder);

}  // namespace purser::nab
