// money/import.hpp — other people's price catalogues in our row form.
// What cannot be said in it is left out and remarked, never guessed and never zero.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "money/price_list.hpp"

namespace purser {

/// What was not taken over, and why.
struct Remark {
  std::string provider;
  std::string model;
  std::string why;
};

struct Imported {
  std::vector<PriceList> lists;  // none pinned; a name is in one list of its provider only
  std::vector<Remark> remarks;
};

/// What every imported row says of itself.
struct Catalogue {
  std::string source;   // "LiteLLM model_prices_and_context_window.json"
  std::string checked;  // YYYY-MM-DD
};

/// LiteLLM's model_prices_and_context_window.json: US dollars per token, one object by model id.
Result<Imported> import_litellm(std::string_view json, const Catalogue& catalogue);

/// pydantic/genai-prices' data.json: US dollars per million tokens, a list of providers.
Result<Imported> import_genai(std::string_view json, const Catalogue& catalogue);

}  // namespace purser
