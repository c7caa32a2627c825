// wire/stream_edge.hpp — where a client stands in a stream: a cut fits only between two events.
#pragma once

#include <string>
#include <string_view>

#include "wire/json_array.hpp"
#include "wire/wire.hpp"

namespace purser {

class StreamEdge {
 public:
  explicit StreamEdge(StreamFraming framing) : framing_(framing) {}

  void see(std::string_view bytes);
  bool between() const;
  /// How many of the bytes belong to the event that is under way.
  std::size_t rest_of_event(std::string_view bytes) const;

 private:
  StreamFraming framing_;
  std::string last_;  // events: the last bytes
  ArrayWalk walk_;    // array
};

}  // namespace purser
