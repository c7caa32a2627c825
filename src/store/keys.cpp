// store/keys.cpp — secrets made by libsodium, kept as BLAKE2b-256, looked up by hash.
#include "store/keys.hpp"

#include <simdjson.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/invariant.hpp"
#include "base/json_text.hpp"
#include "store/audit.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

void start_sodium() {
  static const int started = sodium_init();
  INVARIANT(started >= 0, "libsodium finds a source of randomness");
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

std::unexpected<Error> no_such_key(std::string_view id) {
  return fail(Fault::client, "there is no key " + std::string(id) +
                                 " that is not revoked already; `purser keys list` shows them");
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
  record.operates = row.number_at(12) != 0;
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

KeyRing::SecretHash KeyRing::SecretHash::of(std::string_view secret) {
  SecretHash hash;
  static_assert(sizeof hash.bytes == crypto_generichash_BYTES);
  crypto_generichash(hash.bytes.data(), hash.bytes.size(),
                     reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr,
                     0);
  return hash;
}

bool KeyRing::SecretHash::operator==(const SecretHash& other) const {
  return sodium_memcmp(bytes.data(), other.bytes.data(), bytes.size()) == 0;
}

/// Which bucket is looked into tells nothing: who could steer the hash has broken BLAKE2b.
std::size_t KeyRing::Bucket::operator()(const SecretHash& hash) const {
  std::size_t bucket = 0;
  std::memcpy(&bucket, hash.bytes.data(), sizeof bucket);
  return bucket;
}

const KeyRecord* KeyRing::find(std::string_view secret, Instant now) const {
  if (!secret.starts_with(kSecretPrefix)) {
    return nullptr;
  }
  const auto found = by_hash_.find(SecretHash::of(secret));
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

Result<void> KeyBook::change(std::string_view what, Instant now,
                             const std::function<Result<void>()>& writes) {
  return write_change(database_, {.who = "cli", .what = std::string(what), .at = now}, "keys",
                      writes);
}

Result<void> KeyBook::add_secret(std::string_view id, std::string_view secret) {
  auto insert = database_.prepare("INSERT INTO secrets VALUES(?,?,?)");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  const auto hash = KeyRing::SecretHash::of(secret);
  insert->blob({reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()});
  return insert->text(id).number(Instant::never().nanos()).run();
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
  auto operates = database_.prepare("INSERT INTO operators VALUES(?)");
  if (!operates) {
    return std::unexpected(operates.error());
  }
  const std::string what = (wanted.operates ? "made operator " : "made ") + made.id;
  const auto done = change(what, now, [&] {
    auto inserted = insert->run();
    if (inserted && wanted.operates) {
      inserted = operates->text(made.id).run();
    }
    return inserted ? add_secret(made.id, made.secret) : inserted;
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return made;
}

Result<std::vector<KeyRecord>> KeyBook::list() const {
  auto select = database_.prepare(
      "SELECT keys.*, EXISTS(SELECT 1 FROM operators WHERE key=id) FROM keys ORDER BY created, id");
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
  auto update = database_.prepare("UPDATE keys SET revoked=? WHERE id=? AND revoked>?");
  if (!update) {
    return std::unexpected(update.error());
  }
  return change("revoked " + std::string(id), now, [&]() -> Result<void> {
    auto updated = update->number(now.nanos()).text(id).number(now.nanos()).run();
    return updated && database_.changed() == 0 ? no_such_key(id) : updated;
  });
}

Result<NewKey> KeyBook::rotate(std::string_view id, Instant now, Instant old_until) {
  auto age = database_.prepare(
      "UPDATE secrets SET valid_until=min(valid_until,?) "
      "WHERE key=(SELECT id FROM keys WHERE id=? AND revoked>?)");
  if (!age) {
    return std::unexpected(age.error());
  }
  const NewKey made{.id = std::string(id), .secret = std::string(kSecretPrefix) + random_text(32)};
  const auto done = change("rotated " + made.id, now, [&]() -> Result<void> {
    auto aged = age->number(old_until.nanos()).text(id).number(now.nanos()).run();
    if (!aged || database_.changed() == 0) {
      return aged ? no_such_key(id) : aged;
    }
    return add_secret(id, made.secret);
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return made;
}

Result<std::int64_t> KeyBook::version() const {
  return read_meta(database_, "keys", 0);
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
    const std::string_view bytes = select->blob_at(0);
    KeyRing::SecretHash hash;
    if (record != by_id.end() && bytes.size() == hash.bytes.size()) {
      std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
      ring->by_hash_.emplace(
          hash, KeyRing::Entry{record->second, Instant::from_nanos(select->number_at(2))});
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
