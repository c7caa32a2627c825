// app/upkeep.cpp — a little at a time, so that no call feels it.
#include "app/upkeep.hpp"

namespace purser {
namespace {

/// Ended windows forgotten a look: a slice small enough not to be felt under the treasury's lock.
constexpr std::size_t kExpireSlice = 4096;
/// When ended sessions were last asked for is written this often: they are forgotten after a day.
constexpr std::chrono::minutes kNoteUses{1};

}  // namespace

void Upkeep::look(Instant now) {
  write_refusals();
  forget(now);
  services_.accounts->retire_coldest();
  if (now >= note_uses_at_) {
    note_uses_at_ = now + kNoteUses;
    note_ended_uses(now);
  }
}

void Upkeep::finish(Instant now) {
  write_refusals();
  note_ended_uses(now);
}

void Upkeep::forget(Instant now) {
  {
    const std::lock_guard lock(services_.books.mutex);
    services_.books.treasury.expire(now, kExpireSlice);
    services_.books.paces.expire(now);
  }
  const std::lock_guard lock(services_.sessions.mutex);
  services_.sessions.sessions.expire(now);
}

/// Refusals are no part of the ledger: while they cannot be written, calls go on.
void Upkeep::write_refusals() {
  const auto written = services_.refusals->write();
  if (!written && !refusals_failed_) {
    say_("refused calls cannot be written: " + written.error().message);
  }
  refusals_failed_ = !written;
}

/// Not in the books, an ended session is let go a little too early at worst: calls go on.
void Upkeep::note_ended_uses(Instant now) {
  if (const auto noted = services_.sessions.note_uses(now); !noted) {
    say_("uses of ended sessions cannot be written: " + noted.error().message);
  }
}

}  // namespace purser
