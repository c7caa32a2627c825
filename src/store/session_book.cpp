// store/session_book.cpp — one row a session.
#include "store/session_book.hpp"

#include <cstring>

#include "store/ledger_db.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kAdd =
    "INSERT OR REPLACE INTO ended_sessions(scope, name, why, last, named, met_midway, preamble, "
    "root, trace, turns, tool_calls, spent, tokens_in, tokens_out, started, conversations) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kRead =
    "SELECT name, why, last, named, met_midway, turns, tool_calls, spent, tokens_in, tokens_out, "
    "started, scope, preamble, root, trace, conversations FROM ended_sessions WHERE last >= ? "
    "ORDER BY last";

using Conversation = EndedSession::Conversation;
constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kConversationBytes =
    kDigestBytes * (1 + std::tuple_size_v<decltype(Conversation::names)>)+sizeof(std::int64_t) + 1;

std::string pack(std::span<const Conversation> conversations) {
  std::string bytes;
  for (const Conversation& each : conversations) {
    bytes += pack_digest(each.preamble);
    for (const Digest& name : each.names) {
      bytes += pack_digest(name);
    }
    bytes.append(reinterpret_cast<const char*>(&each.length), sizeof each.length);
    bytes += static_cast<char>(each.answered);
  }
  return bytes;
}

Result<std::vector<Conversation>> unpack(std::string_view bytes) {
  if (bytes.size() % kConversationBytes != 0) {
    return fail(Fault::store, "conversations of an ended session must be 89 bytes each");
  }
  std::vector<Conversation> conversations;
  for (; !bytes.empty(); bytes.remove_prefix(kConversationBytes)) {
    std::string_view rest = bytes.substr(0, kConversationBytes);
    const auto digest = [&] {
      const Digest read = *unpack_digest(rest.substr(0, kDigestBytes));
      rest.remove_prefix(kDigestBytes);
      return read;
    };
    Conversation& each = conversations.emplace_back();
    each.preamble = digest();
    for (Digest& name : each.names) {
      name = digest();
    }
    std::memcpy(&each.length, rest.data(), sizeof each.length);
    each.answered = rest.back() != 0;
  }
  return conversations;
}

Result<EndedSession> session_at(const Statement& row) {
  EndedSession session;
  session.name = row.text_at(0);
  session.why = row.text_at(1);
  session.last = Instant::from_nanos(row.number_at(2));
  session.named = row.number_at(3) != 0;
  session.met_midway = row.number_at(4) != 0;
  session.turns = row.number_at(5);
  session.tool_calls = row.number_at(6);
  session.spent = Amount::from_nanos(row.number_at(7));
  session.tokens_in = Tokens(row.number_at(8));
  session.tokens_out = Tokens(row.number_at(9));
  session.started = Instant::from_nanos(row.number_at(10));
  int column = 11;
  for (Digest* digest : {&session.scope, &session.preamble, &session.root, &session.trace}) {
    const auto read = unpack_digest(row.blob_at(column++));
    if (!read) {
      return std::unexpected(read.error());
    }
    *digest = *read;
  }
  auto conversations = unpack(row.blob_at(column));
  if (!conversations) {
    return std::unexpected(conversations.error());
  }
  session.conversations = std::move(*conversations);
  return session;
}

}  // namespace

Result<std::unique_ptr<SessionBook>> SessionBook::open(const std::filesystem::path& folder) {
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto made = make_tables(*database); !made) {
    return std::unexpected(made.error());
  }
  return std::unique_ptr<SessionBook>(new SessionBook(std::move(*database)));
}

Result<void> SessionBook::add(const EndedSession& ended) {
  auto insert = database_.prepare(kAdd);
  if (!insert) {
    return std::unexpected(insert.error());
  }
  insert->blob(pack_digest(ended.scope)).text(ended.name).text(ended.why);
  insert->number(ended.last.nanos()).number(ended.named ? 1 : 0).number(ended.met_midway ? 1 : 0);
  insert->blob(pack_digest(ended.preamble)).blob(pack_digest(ended.root));
  insert->blob(pack_digest(ended.trace)).number(ended.turns).number(ended.tool_calls);
  insert->number(ended.spent.nanos()).number(ended.tokens_in.count());
  insert->number(ended.tokens_out.count()).number(ended.started.nanos());
  return insert->blob(pack(ended.conversations)).run();
}

Result<void> SessionBook::note_inside(std::span<const EndedUse> uses, Instant since) const {
  auto used = database_.prepare(
      "UPDATE ended_sessions SET last = ? WHERE scope = ? AND name = ? AND last < ?");
  auto forget = database_.prepare("DELETE FROM ended_sessions WHERE last < ?");
  if (!used || !forget) {
    return std::unexpected(!used ? used.error() : forget.error());
  }
  for (const EndedUse& use : uses) {
    used->number(use.last.nanos()).blob(pack_digest(use.scope)).text(use.name);
    if (auto done = used->number(use.last.nanos()).run(); !done) {
      return done;
    }
  }
  return forget->number(since.nanos()).run();
}

Result<void> SessionBook::note(std::span<const EndedUse> uses, Instant since) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  auto done = note_inside(uses, since);
  if (done) {
    done = database_.execute("COMMIT");
  }
  if (!done) {
    static_cast<void>(database_.execute("ROLLBACK"));  // the first error is the one that counts
  }
  return done;
}

Result<std::vector<EndedSession>> SessionBook::read(Instant since) const {
  auto select = database_.prepare(kRead);
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(since.nanos());
  std::vector<EndedSession> sessions;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return sessions;
    }
    auto session = session_at(*select);
    if (!session) {
      return std::unexpected(session.error());
    }
    sessions.push_back(std::move(*session));
  }
}

}  // namespace purser
