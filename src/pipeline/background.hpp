// pipeline/background.hpp — calls that the provider works on after it has answered: their holds
// stay open until somebody fetches the finished answer through here.
//
//   serve ─keep▶ open ─end (a fetch shows how it ended)▶ settled, or presumed where it says nothing
//                 └───presume_due, presume_all▶ presumed: nobody fetched it
//
// Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "http/connection.hpp"

namespace purser {

struct BackgroundCall;
struct Core;
struct Reply;
struct Services;

/// The longest a provider may take for one (OpenAI's slowest completion window is eight hours), and
/// some time to fetch it.
inline constexpr std::chrono::hours kBackgroundMax{12};
/// More than so many open at once are presumed, the oldest first: each takes about 2 KB.
inline constexpr std::size_t kBackgroundCallsMax = 65'536;

class BackgroundCalls {
 public:
  /// By the id that the provider gave its answer.
  void keep(std::string_view answer_id, std::shared_ptr<BackgroundCall> call);
  std::shared_ptr<BackgroundCall> take(std::string_view answer_id);
  /// One that was due at `now`, or that there is no more room for; null: none.
  std::shared_ptr<BackgroundCall> take_due(Instant now);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<BackgroundCall>, std::less<>> open_;
  std::set<std::pair<Instant, std::string>> by_due_;
};

/// Passes on a request about a stored answer (fetch, cancel, resumed stream). Where it shows how a
/// call in the background ended, that call is settled.
Awaitable<bool> fetch_answer(Connection& client, const Request& request, Core& core,
                             Services& services);

/// Ends what nobody has fetched in time, at all that was held.
void presume_unfetched(Instant now, Core& core, Services& services);

}  // namespace purser
