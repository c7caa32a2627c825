// store/keys.cpp — secrets made by libsodium, kept as BLAKE2b-256, looked up by hash.
#include "store/keys.hpp"

#include <simdjson.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/invariant.hpp"
#include "base/json_text.hpp"
#include "store/ledger_db.hpp"

namespace purser {
namespace {

void start_sodium() {
  static const int started = sodium_init();
  INVARIANT(started >= 0, "libsodium finds a source of randomness");
}

std::string hash_of(std::string_view secret) {
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr,
                     0);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string random_text(std::size_t bytes) {
  start_sodium();
  std::string raw(bytes, '\0');
  randombytes_buf(raw.data(), raw.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(raw.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(raw.data()),
                    raw.size(), kVariant);
  text.resize(text.size() - 1);  // its terminating zero
  return text;
}

struct NamedRight {
  std::string_view name;
  bool LabelRights::* right;
};
constexpr std::array kRights{
    NamedRight{"user", &LabelRights::user},       NamedRight{"tier", &LabelRights::tier},
    NamedRight{"team", &LabelRights::team},       NamedRight{"feature", &LabelRights::feature},
    NamedRight{"session", &LabelRights::session}, NamedRight{"priority", &LabelRights::priority},
    NamedRight{"tags", &LabelRights::tags}};

std::string tags_json(const Caller& caller) {
  std::string json;
  JsonObject object(json);
  for (const auto& [name, value] : caller.tags) {
    object.text(name, value);
  }
  object.finish();
  return json;
}

void read_tags(std::string_view json, Caller& caller) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return;  // written by us; an unreadable one tags nothing
  }
  for (const auto [name, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      caller.tags.emplace_back(name, text);
    }
  }
}

Priority read_priority(std::string_view text) {
  for (const Priority priority : {Priority::background, Priority::essential}) {
    if (text == to_string(priority)) {
      return priority;
    }
  }
  return Priority::normal;
}

KeyRecord read_record(const Statement& row) {
  KeyRecord record;
  record.id = row.text_at(0);
  record.name = row.text_at(1);
  record.caller = {.key = record.id,
                   .user = row.text_at(2),
                   .tier = row.text_at(3),
                   .team = row.text_at(4),
                   .feature = row.text_at(5),
                   .session = {},
                   .priority = read_priority(row.text_at(6)),
                   .tags = {}};
  read_tags(row.text_at(7), record.caller);
  record.rights = parse_rights(row.text_at(8)).value_or(LabelRights{});
  record.created = Instant::from_nanos(row.number_at(9));
  record.expires = Instant::from_nanos(row.number_at(10));
  record.revoked = Instant::from_nanos(row.number_at(11));
  return record;
}

}  // namespace

Result<LabelRights> parse_rights(std::string_view text) {
  LabelRights rights;
  const bool all = text == "all";
  for (const NamedRight& named : kRights) {
    rights.*named.right = all;
  }
  if (all || text == "none") {
    return rights;
  }
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const auto named = std::find_if(kRights.begin(), kRights.end(),
                                    [&](const NamedRight& right) { return right.name == word; });
    if (named == kRights.end()) {
      return fail(Fault::client, "'" + std::string(word) +
                                     "' is no label: user, tier, team, feature, session, priority "
                                     "or tags, separated by commas; or all, or none");
    }
    rights.*named->right = true;
  }
  return rights;
}

std::string to_text(const LabelRights& rights) {
  std::string text;
  for (const NamedRight& named : kRights) {
    if (rights.*named.right) {
      text += text.empty() ? "" : ",";
      text += named.name;
    }
  }
  return text.empty() ? "none" : text;
}

const KeyRecord* KeyRing::find(std::string_view secret, Instant now) const {
  if (!secret.starts_with(kSecretPrefix)) {
    return nullptr;
  }
  // Looking a hash up leaks nothing about the secret: who could steer the hash has broken BLAKE2b.
  const auto found = by_hash_.find(hash_of(secret));
  if (found == by_hash_.end() || now >= found->second.valid_until) {
    return nullptr;
  }
  const KeyRecord& record = records_[found->second.record];
  return now < record.expires && now < record.revoked ? &record : nullptr;
}

Result<std::unique_ptr<KeyBook>> KeyBook::open(const std::filesystem::path& folder) {
  start_sodium();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(Fault::store, "cannot make " + folder.string() + ": " + error.message());
  }
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto made = make_tables(*database); !made) {
    return std::unexpected(made.error());
  }
  return std::unique_ptr<KeyBook>(new KeyBook(std::move(*database)));
}

Result<void> KeyBook::audit(std::string_view what, Instant now) {
  auto insert = database_.prepare("INSERT INTO audit(at, who, what) VALUES(?, 'cli', ?)");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  return insert->number(now.nanos()).text(what).run();
}

Result<void> KeyBook::add_secret(std::string_view id, std::string_view secret) {
  auto insert = database_.prepare("INSERT INTO secrets VALUES(?,?,?)");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  return insert->blob(hash_of(secret)).text(id).number(Instant::never().nanos()).run();
}

Result<NewKey> KeyBook::create(KeyRecord wanted, Instant now) {
  const NewKey made{.id = "key_" + random_text(9),
                    .secret = std::string(kSecretPrefix) + random_text(32)};
  auto insert = database_.prepare("INSERT INTO keys VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  const Caller& caller = wanted.caller;
  insert->text(made.id).text(wanted.name).text(caller.user).text(caller.tier).text(caller.team);
  insert->text(caller.feature).text(to_string(caller.priority)).text(tags_json(caller));
  insert->text(to_text(wanted.rights)).number(now.nanos()).number(wanted.expires.nanos());
  insert->number(Instant::never().nanos());
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return std::unexpected(begun.error());
  }
  Result<void> done = insert->run();
  if (done) {
    done = add_secret(made.id, made.secret);
  }
  if (done) {
    done = audit("made " + made.id, now);
  }
  if (auto ended = database_.execute(done ? "COMMIT" : "ROLLBACK"); done && !ended) {
    done = ended;
  }
  if (!done) {
    return std::unexpected(done.error());
  }
  return made;
}

Result<std::vector<KeyRecord>> KeyBook::list() const {
  auto select = database_.prepare("SELECT * FROM keys ORDER BY created, id");
  if (!select) {
    return std::unexpected(select.error());
  }
  std::vector<KeyRecord> records;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return records;
    }
    records.push_back(read_record(*select));
  }
}

Result<void> KeyBook::revoke(std::string_view id, Instant now) {
  auto update =
      database_.prepare("UPDATE keys SET revoked=? WHERE id=? AND revoked>? RETURNING id");
  if (!update) {
    return std::unexpected(update.error());
  }
  const auto row = update->number(now.nanos()).text(id).number(now.nanos()).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return fail(Fault::client, "there is no key " + std::string(id) +
                                   " that is not revoked already; `purser keys list` shows them");
  }
  if (const auto end = update->step(); !end) {
    return std::unexpected(end.error());
  }
  return audit("revoked " + std::string(id), now);
}

Result<NewKey> KeyBook::rotate(std::string_view id, Instant now, Instant old_until) {
  auto find = database_.prepare("SELECT id FROM keys WHERE id=? AND revoked>?");
  auto age = database_.prepare("UPDATE secrets SET valid_until=min(valid_until,?) WHERE key=?");
  if (!find || !age) {
    return std::unexpected(!find ? find.error() : age.error());
  }
  const auto row = find->text(id).number(now.nanos()).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return fail(Fault::client, "there is no key " + std::string(id) +
                                   " that is not revoked; `purser keys list` shows them");
  }
  static_cast<void>(find->step());  // ends the read, so that the write below may begin
  const NewKey made{.id = std::string(id), .secret = std::string(kSecretPrefix) + random_text(32)};
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return std::unexpected(begun.error());
  }
  Result<void> done = age->number(old_until.nanos()).text(id).run();
  if (done) {
    done = add_secret(id, made.secret);
  }
  if (done) {
    done = audit("rotated " + made.id, now);
  }
  if (auto ended = database_.execute(done ? "COMMIT" : "ROLLBACK"); done && !ended) {
    done = ended;
  }
  if (!done) {
    return std::unexpected(done.error());
  }
  return made;
}

Result<std::int64_t> KeyBook::version() const {
  auto select = database_.prepare("PRAGMA data_version");
  if (!select) {
    return std::unexpected(select.error());
  }
  if (const auto row = select->step(); !row) {
    return std::unexpected(row.error());
  }
  return select->number_at(0);
}

Result<std::shared_ptr<const KeyRing>> KeyBook::read() const {
  auto records = list();
  if (!records) {
    return std::unexpected(records.error());
  }
  auto ring = std::make_shared<KeyRing>();
  ring->records_ = std::move(*records);
  std::unordered_map<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < ring->records_.size(); ++i) {
    by_id.emplace(ring->records_[i].id, i);
  }
  auto select = database_.prepare("SELECT hash, key, valid_until FROM secrets");
  if (!select) {
    return std::unexpected(select.error());
  }
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return ring;
    }
    const auto record = by_id.find(select->blob_at(1));
    if (record != by_id.end()) {
      ring->by_hash_.emplace(
          select->text_at(0),
          KeyRing::Entry{record->second, Instant::from_nanos(select->number_at(2))});
    }
  }
}

Result<std::unique_ptr<KeyWatch>> KeyWatch::open(const std::filesystem::path& folder) {
  auto book = KeyBook::open(folder);
  if (!book) {
    return std::unexpected(book.error());
  }
  return std::unique_ptr<KeyWatch>(new KeyWatch(std::move(*book)));
}

Result<bool> KeyWatch::look() {
  const auto version = book_->version();
  if (!version) {
    return std::unexpected(version.error());
  }
  if (ring_ && *version == seen_) {
    return false;
  }
  auto ring = book_->read();
  if (!ring) {
    return std::unexpected(ring.error());
  }
  ring_ = std::move(*ring);
  seen_ = *version;
  return true;
}

}  // namespace purser
