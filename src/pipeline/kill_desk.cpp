// pipeline/kill_desk.cpp — the set read once, shared by all cores, asked by every call.
#include "pipeline/kill_desk.hpp"

#include "pipeline/stages.hpp"

namespace purser {
namespace {

/// On the core: calls that come are judged by the new set, those under way look at it once.
void take(Core& core, std::shared_ptr<const KillSet> kills) {
  core.kills = std::move(kills);
  const Instant time = now();
  for (Running& running : core.running) {
    running.look(*core.kills, time);
  }
}

}  // namespace

Denial killed_denial(std::string message) {
  return {.why = Refused::forbidden, .message = std::move(message), .retry_after = {}, .limit = {}};
}

std::optional<Denial> switched_off(const Admitted& admitted, const Core& core) {
  if (core.kills->empty()) {
    return std::nullopt;
  }
  const KillSwitch* kill = core.kills->find(admitted.caller, ModelNames(admitted).list(), now());
  if (kill == nullptr) {
    return std::nullopt;
  }
  return killed_denial(kill_message(*kill, admitted.policy->limits.calendar()));
}

Result<std::unique_ptr<KillDesk>> KillDesk::open(const std::filesystem::path& folder, Instant now) {
  auto book = KillBook::open(folder);
  if (!book) {
    return std::unexpected(book.error());
  }
  std::unique_ptr<KillDesk> desk(new KillDesk(std::move(*book)));
  if (auto looked = desk->look({}, now); !looked) {
    return std::unexpected(looked.error());
  }
  return desk;
}

std::shared_ptr<const KillSet> KillDesk::kills() const {
  const std::lock_guard lock(mutex_);
  return kills_;
}

Result<void> KillDesk::look(std::span<Core* const> cores, Instant now) {
  const std::lock_guard lock(mutex_);
  return look_locked(cores, now);
}

Result<void> KillDesk::look_locked(std::span<Core* const> cores, Instant now) {
  // The version first: what is written in between is read now, and once more at the next look.
  const auto version = book_->version();
  if (!version) {
    return std::unexpected(version.error());
  }
  if (*version == seen_) {
    return {};
  }
  auto switches = book_->list(now);
  if (!switches) {
    return std::unexpected(switches.error());
  }
  kills_ = std::make_shared<const KillSet>(std::move(*switches));
  seen_ = *version;
  for (Core* core : cores) {
    asio::post(core->io, [core, kills = kills_] { take(*core, kills); });
  }
  return {};
}

Result<KillId> KillDesk::add(KillSwitch kill, std::span<Core* const> cores, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto id = book_->add(std::move(kill));
  if (!id) {
    return id;
  }
  if (auto looked = look_locked(cores, now); !looked) {
    return std::unexpected(looked.error());
  }
  return id;
}

Result<std::vector<KillSwitch>> KillDesk::resume(const KillBook::Wanted& wanted,
                                                 std::string_view who, std::span<Core* const> cores,
                                                 Instant now) {
  const std::lock_guard lock(mutex_);
  auto resumed = book_->resume(wanted, who, now);
  if (!resumed) {
    return resumed;
  }
  if (auto looked = look_locked(cores, now); !looked) {
    return std::unexpected(looked.error());
  }
  return resumed;
}

}  // namespace purser
