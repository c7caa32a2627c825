// pipeline/services.cpp — the waiting room, and names of calls.
#include "pipeline/services.hpp"

#include <charconv>
#include <random>

#include "base/glob.hpp"

namespace purser {

void WaitingRoom::sit(std::uint64_t ticket, Seat seat) {
  const std::lock_guard lock(mutex_);
  seats_.emplace(ticket, seat);
  seated_.store(seats_.size(), std::memory_order_release);
}

bool WaitingRoom::leave(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  const bool was_seated = seats_.erase(ticket) == 1;
  seated_.store(seats_.size(), std::memory_order_release);
  return was_seated;
}

void WaitingRoom::call_all() {
  if (seated_.load(std::memory_order_acquire) == 0) {
    return;  // nobody waits: the usual case costs one load
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [ticket, seat] : seats_) {
    seat.inbox->push(*seat.signal);
  }
  seats_.clear();
  seated_.store(0, std::memory_order_release);
}

Result<std::unique_ptr<KeyDesk>> KeyDesk::open(const std::filesystem::path& folder) {
  auto watch = KeyWatch::open(folder);
  if (!watch) {
    return std::unexpected(watch.error());
  }
  return std::unique_ptr<KeyDesk>(new KeyDesk(std::move(*watch)));
}

std::shared_ptr<const KeyRing> KeyDesk::ring() const {
  const std::lock_guard lock(mutex_);
  return watch_->ring();
}

Result<bool> KeyDesk::look() {
  const std::lock_guard lock(mutex_);
  return watch_->look();
}

std::shared_ptr<const KeyRing> KeyDesk::look_for_unknown(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (now >= looks_until_ - kLooksAtOnce * kLookEvery) {
    looks_until_ = std::max(looks_until_, now) + kLookEvery;
    // Unreadable keys are reported by the regular look; here the ones we have stay in force.
    static_cast<void>(watch_->look());
  }
  return watch_->ring();
}

ToolPrice McpServer::price_of(std::string_view tool) const {
  const auto found = std::ranges::find_if(
      prices, [&](const Priced& each) { return glob_matches(each.tool, tool); });
  return found == prices.end() ? ToolPrice{} : found->price;
}

Pool& Core::pool(const Provider& provider) {
  std::unique_ptr<Pool>& pool = pools[provider.pool];
  if (!pool) {
    pool = std::make_unique<Pool>(io, deadlines, provider.origin, provider.waits, provider.trust);
  }
  return *pool;
}

void append_text(std::string& out, CallId id) {
  std::array<char, 21> text{'c', 'a', 'l', 'l', '_'};
  auto left = static_cast<std::uint64_t>(id.count());
  for (std::size_t at = text.size(); at-- > 5; left >>= 4) {
    text[at] = "0123456789abcdef"[left & 15];
  }
  out.append(text.data(), text.size());
}

std::string to_text(CallId id) {
  std::string text;
  append_text(text, id);
  return text;
}

std::optional<CallId> parse_call_id(std::string_view text) {
  constexpr std::string_view kPrefix = "call_";
  if (text.size() != kPrefix.size() + 16 || !text.starts_with(kPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kPrefix.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0) {
    return std::nullopt;
  }
  return CallId(id);
}

Seed secret_seed() {
  std::random_device system;
  return Seed(std::uint64_t{system()} << 32 | system());
}

Instant now() {
  return Instant::from_nanos(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

}  // namespace purser
