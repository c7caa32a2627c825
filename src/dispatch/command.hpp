// dispatch/command.hpp — an alert to a program of the operator's: JSON on its standard input, the
// same fields in its environment.
#pragma once

#include "dispatch/outlet.hpp"

namespace purser {

/// Starts the program and waits for its end. Delivered when it exits with 0. After the target's
/// timeout it is killed, with all it has started. It gets no descriptor of ours but the three
/// standard ones, and of our environment only what its target names: not the providers' keys.
Awaitable<Attempt> run_command(asio::io_context& io, Deadlines& deadlines,
                               std::shared_ptr<const Outlet> outlet, Alert alert);

}  // namespace purser
