// http/tls_test.cpp — whom we talk to: a server is trusted for its own name, by an authority we
// know, today; and nobody else.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "http/upstream.hpp"

namespace purser {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A name, how it is vouched for, and until when (seconds from now; negative: it has ended).
struct Wanted {
  std::string host;
  long ends = 3600;
};

/// A certificate for `wanted`, signed by `issuer` (null: by itself, as an authority is).
Certificate make_certificate(const Wanted& wanted, EVP_PKEY* key, X509* issuer,
                             EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wanted.ends);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.host.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
  if (issuer == nullptr) {
    extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  } else {
    extend(certificate.get(), issuer, NID_subject_alt_name, "DNS:" + wanted.host);
  }
  X509_sign(certificate.get(), issuer_key, EVP_sha256());
  return certificate;
}

template <typename Write>
std::string pem(Write write) {
  BIO* out = BIO_new(BIO_s_mem());
  write(out);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

/// An authority, and its file as an operator would name it.
class Authority {
 public:
  Authority() {
    path_ = std::filesystem::temp_directory_path() /
            ("purser-ca-" + std::to_string(::getpid()) + "-" + std::to_string(count_++) + ".pem");
    std::ofstream(path_) << pem([&](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
  }
  ~Authority() { std::filesystem::remove(path_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  std::string file() const { return path_.string(); }

  /// What a server for `wanted` shows.
  std::shared_ptr<asio::ssl::context> vouch_for(const Wanted& wanted) const {
    const Key key = make_key();
    const Certificate shown = make_certificate(wanted, key.get(), certificate_.get(), key_.get());
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_use_certificate(context->native_handle(), shown.get());
    SSL_CTX_use_PrivateKey(context->native_handle(), key.get());
    return context;
  }

 private:
  static inline int count_ = 0;
  Key key_ = make_key();
  Certificate certificate_ =
      make_certificate({.host = "purser test authority"}, key_.get(), nullptr, key_.get());
  std::filesystem::path path_;
};

Awaitable<void> shake_hands_once(Acceptor& acceptor, asio::ssl::context& shown) {
  auto [refused, socket] = co_await acceptor.async_accept(kAwait);
  if (refused) {
    co_return;
  }
  asio::ssl::stream<Socket> stream(std::move(socket), shown);
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAwait);
  static_cast<void>(failed);  // whether the client trusts us is the client's to say
}

/// Connects to "localhost", where a server shows `shown`, trusting those in `ca_file`.
Result<void> connect(std::shared_ptr<asio::ssl::context> shown, const std::string& ca_file) {
  asio::io_context io{1};
  Deadlines deadlines;
  Acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  auto origin =
      parse_origin("https://localhost:" + std::to_string(acceptor.local_endpoint().port()));
  Pool pool(io, deadlines, std::move(*origin), {}, make_trust(ca_file).value());
  asio::co_spawn(io, shake_hands_once(acceptor, *shown), [](const std::exception_ptr&) {});
  Result<void> outcome = fail(Fault::upstream, "not asked");
  const auto take = [](Pool& from, Result<void>& into) -> Awaitable<void> {
    const auto upstream = co_await from.take();
    into = upstream ? Result<void>{} : std::unexpected(upstream.error());
  };
  asio::co_spawn(io, take(pool, outcome), [](const std::exception_ptr&) {});
  io.run_for(std::chrono::seconds(10));
  return outcome;
}

TEST(Tls, TrustsAServerForItsNameByAKnownAuthority) {
  const Authority authority;
  const auto connected = connect(authority.vouch_for({.host = "localhost"}), authority.file());
  EXPECT_TRUE(connected) << connected.error().message;
}

TEST(Tls, RefusesAServerWithAnothersName) {
  const Authority authority;
  const auto connected =
      connect(authority.vouch_for({.host = "api.example.com"}), authority.file());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().fault, Fault::upstream);
  EXPECT_NE(connected.error().message.find("no trusted TLS connection to localhost"),
            std::string::npos)
      << connected.error().message;
}

TEST(Tls, RefusesAnAuthorityItDoesNotKnow) {
  const Authority known;
  const Authority stranger;
  EXPECT_FALSE(connect(stranger.vouch_for({.host = "localhost"}), known.file()));
  EXPECT_FALSE(connect(stranger.vouch_for({.host = "localhost"}), "")) << "nor does the system";
}

TEST(Tls, RefusesACertificateThatHasEnded) {
  const Authority authority;
  EXPECT_FALSE(connect(authority.vouch_for({.host = "localhost", .ends = -60}), authority.file()));
}

TEST(Tls, NamesAnAuthorityFileThatCannotBeRead) {
  const auto trust = make_trust("/nowhere/ca.pem");
  ASSERT_FALSE(trust);
  EXPECT_NE(trust.error().message.find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace purser
