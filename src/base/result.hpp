// base/result.hpp — an error is a value that says whose fault it is and what happened.
// Why: the fault alone decides status and retry; each layer adds what it was doing.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace purser {

enum class Fault {
  client,    // the caller sent something we cannot serve
  upstream,  // the provider failed or answered nonsense
  store,     // the disk or the database
  config,    // the operator's files or flags
};

struct Error {
  Fault fault;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

/// `return fail(Fault::client, "…")` from any function that returns a Result.
inline std::unexpected<Error> fail(Fault fault, std::string message) {
  return std::unexpected(Error{fault, std::move(message)});
}

/// The same error with what the caller was doing in front: "reading prices/openai.json: …".
inline std::unexpected<Error> fail(std::string_view doing, Error error) {
  error.message.insert(0, std::string(doing) + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace purser
