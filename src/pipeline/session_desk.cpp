// pipeline/session_desk.cpp — ends by hand on their way to the books, and back.
#include "pipeline/seat.hpp"

namespace purser {

Result<void> SessionDesk::open(const std::filesystem::path& folder, Instant now) {
  auto book = SessionBook::open(folder);
  if (!book) {
    return std::unexpected(book.error());
  }
  book_ = std::move(*book);
  const auto ended = book_->read(now - sessions.forget_after());
  if (!ended) {
    return std::unexpected(ended.error());
  }
  for (const EndedSession& each : *ended) {
    sessions.restore(each);
  }
  return {};
}

Result<void> SessionDesk::keep(const EndedSession& ended) {
  const std::lock_guard lock(writing_);
  return book_->add(ended);
}

Result<void> SessionDesk::note_uses(Instant now) {
  std::vector<EndedUse> uses;
  {
    const std::lock_guard lock(mutex);
    uses = sessions.ended_uses();
  }
  const std::lock_guard lock(writing_);
  return book_->note(uses, now - sessions.forget_after());
}

}  // namespace purser
