// store/fold.cpp — pairing holds with outcomes, and moving the mark.
#include "store/fold.hpp"

#include <algorithm>
#include <deque>

#include "store/codec.hpp"

namespace purser {
namespace {

/// All that was held may have been billed.
std::string presumed(const HoldEntry& hold, Instant now) {
  SettleEntry settle;
  settle.call = hold.call;
  settle.at = now;
  settle.outcome = Outcome::presumed;
  settle.cost = hold.worst;
  settle.model = hold.model;
  settle.stop_reason = "purser_restart";
  settle.legs = hold.legs;
  std::string record;
  append_record(record, settle);
  return record.substr(kRecordHead);
}

}  // namespace

Result<Fold> Fold::open(const std::filesystem::path& folder) {
  auto ledger = LedgerDb::open(folder);
  if (!ledger) {
    return std::unexpected(ledger.error());
  }
  const auto mark = ledger->mark();
  if (!mark) {
    return std::unexpected(mark.error());
  }
  auto carried = ledger->carried();
  if (!carried) {
    return std::unexpected(carried.error());
  }
  // From the segment's start: holds that stand before the mark may still be open.
  Fold fold(folder, std::move(*ledger), {.segment = mark->segment, .offset = 0});
  for (HeldCall& held : *carried) {
    fold.open_.emplace(held.call, Open{.hold = std::move(held.hold), .carried = true});
  }
  return fold;
}

Result<void> Fold::take(std::string_view payload) {
  const auto head = peek(payload);
  if (!head) {
    return fail(Fault::store,
                "the journal has a record of unknown form; was it written by a newer "
                "Purser?");
  }
  last_ = std::max(last_, head->call);
  if (head->kind == RecordKind::hold) {
    open_.insert_or_assign(head->call, Open{.hold = std::string(payload)});
    return {};
  }
  const auto held = open_.find(head->call);
  if (held == open_.end()) {
    return {};  // a second end: the hold was given up when the disk refused it, or lies in damage
  }
  closed_.push_back({.call = head->call,
                     .hold = std::move(held->second.hold),
                     .settle = payload,
                     .carried = held->second.carried});
  open_.erase(held);
  return {};
}

/// The rows of a piece of journal; on the way to a new segment also the holds left behind.
Result<void> Fold::commit(JournalMark mark) {
  std::vector<HeldCall> carried;
  const bool moves = mark.segment != mark_.segment;
  if (moves) {
    for (const auto& [call, open] : open_) {
      if (!open.carried) {
        carried.push_back({call, open.hold});
      }
    }
  }
  // Neighbours in time are neighbours in the table: pages are filled one after the other.
  std::sort(closed_.begin(), closed_.end(),
            [](const ClosedCall& a, const ClosedCall& b) { return a.call < b.call; });
  if (auto folded = ledger_.fold(closed_, carried, mark); !folded) {
    return folded;
  }
  closed_.clear();
  mark_ = mark;
  if (moves) {
    for (const HeldCall& held : carried) {
      open_[held.call].carried = true;
    }
    remove_old_segments();
  }
  return {};
}

/// A segment that stays because something is in the way is removed next time: the mark says that it
/// is not needed.
void Fold::remove_old_segments() const {
  const auto checkpoint = ledger_.checkpoint();
  const auto segments = list_segments(folder_);
  if (checkpoint != LedgerDb::Checkpoint::whole || !segments) {
    return;
  }
  for (const std::int64_t number : *segments) {
    if (number < mark_.segment) {
      static_cast<void>(remove_segment(folder_, number));
    }
  }
}

Result<void> Fold::advance(JournalMark until) {
  while (true) {
    if (reader_.mark() != mark_) {
      if (auto done = commit(reader_.mark()); !done) {
        return done;
      }
    }
    const auto payloads = reader_.read(until);
    if (!payloads) {
      return std::unexpected(payloads.error());
    }
    if (payloads->empty() && reader_.mark() == mark_) {
      return {};
    }
    for (const std::string_view payload : *payloads) {
      if (auto taken = take(payload); !taken) {
        return taken;
      }
    }
  }
}

Result<std::uint64_t> Fold::presume_open(Instant now) {
  const std::uint64_t presumed_calls = open_.size();
  std::deque<std::string> settlements;  // stay where they are
  for (auto& [call, open] : open_) {
    HoldEntry hold;
    if (auto read = decode(open.hold, hold); !read) {
      return std::unexpected(read.error());
    }
    closed_.push_back({.call = call,
                       .hold = std::move(open.hold),
                       .settle = settlements.emplace_back(presumed(hold, now)),
                       .carried = open.carried});
  }
  open_.clear();
  const JournalMark next{.segment = reader_.mark().segment + 1, .offset = 0};
  if (auto done = commit(next); !done) {
    return std::unexpected(done.error());
  }
  reader_ = JournalReader(folder_, next);
  return presumed_calls;
}

}  // namespace purser
