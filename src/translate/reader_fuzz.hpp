// translate/reader_fuzz.hpp — what must hold of any bytes, read as a request or an answer.
#pragma once

#include <cstdint>

#include "base/invariant.hpp"
#include "translate/translate.hpp"

namespace purser::translate {

/// What was read can be written in every dialect, and what was written can be read.
inline void check_reader(Wire wire, const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto conversation = read(wire, bytes)) {
    for (const Wire to : kWires) {
      const auto written = write(to, *conversation, Policy::report_all());
      INVARIANT(written, "what is reported is not refused");
      INVARIANT(read(to, written->body), "what is written can be read");
    }
  }
  if (const auto answer = read_answer(wire, bytes, {.id = "x"})) {
    for (const Wire to : kWires) {
      const std::string body = write_answer(to, *answer, {.id = "x"}).body;
      INVARIANT(read_answer(to, body, {.id = "x"}), "an answer that is written can be read");
    }
  }
  for (const Wire to : kWires) {
    INVARIANT(!write_error(to, read_error(wire, 500, bytes)).body.empty(), "errors are told");
  }
}

}  // namespace purser::translate
