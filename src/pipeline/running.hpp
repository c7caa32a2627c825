// pipeline/running.hpp — calls under way, so that a hard kill switch can end them.
// Why a list a core: a switch is thrown perhaps once a month, and until then a call pays two
// pointers for it. Everything here happens on the call's own core.
#pragma once

#include <boost/intrusive/list.hpp>
#include <optional>
#include <string>
#include <vector>

#include "http/upstream.hpp"
#include "limits/kill.hpp"

namespace purser {

struct Admitted;

/// The names of the models that may work on a call, with and without the dates of snapshots.
/// Views of the call's.
class ModelNames {
 public:
  explicit ModelNames(const Admitted& admitted);
  std::span<const std::string_view> list() const { return {names_.data(), count_}; }
  /// Those of models beside the one that was asked.
  std::span<const std::string_view> others() const { return list().subspan(2); }

 private:
  void add(std::string_view model);
  std::array<std::string_view, 10> names_;
  std::size_t count_ = 0;
};

/// Where a call waits before it leaves. It may be told not to.
class Line {
 public:
  virtual void give_up() = 0;

 protected:
  ~Line() = default;
};

/// One call, from the moment its hold is durable until it is settled.
class Running : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit Running(const Admitted& admitted);

  /// A switch was thrown: ends the call if it is for it, a hard one wherever it is, any other as
  /// long as it has not left. The call notices as its wait breaks off.
  void look(const KillSet& kills, Instant now);
  /// What to tell its caller, once it is to end.
  const std::optional<std::string>& killed() const { return killed_; }
  /// It has been told to end, and had the time to.
  bool late(SteadyTime now) const { return killed_ && now >= late_at_; }

  enum class HangUp : std::uint8_t {
    at_once,
    at_event_end,  // the client has half of an event: its rest is waited for, a moment
  };
  void set_hang_up(HangUp how) { how_ = how; }
  /// Null: it waits no longer.
  void wait_in(Line* line) { line_ = line; }

 private:
  friend class Leash;
  const Admitted& admitted_;
  std::vector<std::string> other_models_;  // owned: the request's bytes may be gone
  Line* line_ = nullptr;
  Upstream* upstream_ = nullptr;
  HangUp how_ = HangUp::at_once;
  std::optional<std::string> killed_;
  SteadyTime late_at_;
};

/// Says whom a running call waits for, as long as it does.
class Leash {
 public:
  Leash(Running& running, Upstream& upstream) : running_(running) {
    running_.upstream_ = &upstream;
  }
  ~Leash() { running_.upstream_ = nullptr; }
  Leash(const Leash&) = delete;
  Leash& operator=(const Leash&) = delete;

 private:
  Running& running_;
};

/// All calls under way on one core.
using RunningCalls = boost::intrusive::list<Running, boost::intrusive::constant_time_size<false>>;

}  // namespace purser
