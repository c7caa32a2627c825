// wire/responses_meter_fuzz.cpp — no answer crashes the meters of OpenAI's newer dialects, and no
// split changes what they say. The last byte chooses the dialect.
#include "wire/meter_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using purser::Dialect;
  constexpr Dialect kDialects[] = {Dialect::responses, Dialect::embeddings, Dialect::completions,
                                   Dialect::images};
  if (size > 0) {
    const Dialect dialect = kDialects[data[size - 1] % 4];
    if (dialect != Dialect::embeddings || (data[0] & 1) == 0) {  // those are never streamed
      purser::check_meter(dialect, data, size - 1);
    }
  }
  return 0;
}
