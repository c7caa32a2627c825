// store/kills.hpp — kill switches where they live: rows that any process writes and the gateway
// follows. A switch ends at its `until`; to resume is to set that to now. Rows are never deleted.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "limits/kill.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// The switches in the database. Usable while a gateway runs on the same folder; one thread.
class KillBook {
 public:
  static Result<std::unique_ptr<KillBook>> open(const std::filesystem::path& folder);

  /// Throws a switch; its id is given here. Error (client): it is not sound, or there are
  /// kKillsMax.
  Result<KillId> add(KillSwitch kill);
  /// Resumes: by id, by what it names, or all. Answers those that were in force until `now`; error
  /// (client) when there was none.
  struct Wanted {
    std::optional<KillId> id = {};          // this one
    std::optional<KillTarget> target = {};  // or those for exactly this; neither: all
  };
  Result<std::vector<KillSwitch>> resume(const Wanted& wanted, std::string_view who, Instant now);
  /// Those in force at `now`, oldest first.
  Result<std::vector<KillSwitch>> list(Instant now) const;

  /// Changes whenever a switch is thrown or resumed, by whomever. Cheap: asked many times a second.
  Result<std::int64_t> version();

 private:
  KillBook(Database database, Statement version)
      : database_(std::move(database)), version_(std::move(version)) {}
  Database database_;
  Statement version_;  // dies before the database
};

}  // namespace purser
