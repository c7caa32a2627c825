// app/starter.cpp — the first minute with Purser.
#include "app/starter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "store/keys.hpp"

namespace purser {
namespace {

constexpr std::string_view kSimulatedKeyVariable = "PURSER_SIMULATED_KEY";

/// Writes `text` to a new file that only its owner may read.
Result<void> write_private(const std::filesystem::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = errno;
  if (file >= 0) {
    ::close(file);
  }
  if (!written) {
    return fail(Fault::store, "cannot write " + path.string() + ": " + std::strerror(reason));
  }
  return {};
}

}  // namespace

Result<std::string> starter_key(const std::filesystem::path& data, Instant now) {
  const std::filesystem::path path = data / "starter.key";
  if (std::ifstream file(path); file) {
    std::string secret;
    std::getline(file, secret);
    return secret;
  }
  auto keys = KeyBook::open(data);
  if (!keys) {
    return std::unexpected(keys.error());
  }
  const auto known = (*keys)->list();
  if (!known) {
    return std::unexpected(known.error());
  }
  if (!known->empty()) {
    return std::string();  // its operator makes keys, and has taken this one away
  }
  KeyRecord wanted;
  wanted.name = "starter";
  const auto made = (*keys)->create(wanted, now);
  if (!made) {
    return std::unexpected(made.error());
  }
  if (auto written = write_private(path, made->secret + "\n"); !written) {
    return std::unexpected(written.error());
  }
  return made->secret;
}

std::string greeting(const Config& config, const std::string& key, bool simulated) {
  const std::string base = fmt::format("http://{}:{}", config.listen_host, config.listen_port);
  std::string text = fmt::format(
      "\nPurser listens on {0}\n\n"
      "  export OPENAI_BASE_URL={0}/v1\n"
      "  export ANTHROPIC_BASE_URL={0}\n"
      "  export GOOGLE_GEMINI_BASE_URL={0}\n",
      base);
  if (key.empty()) {
    text += "\n  Keys are made with: purser keys create --user NAME --tier TIER\n\n";
    return text;
  }
  text += fmt::format(
      "  export OPENAI_API_KEY={0}\n"
      "  export ANTHROPIC_API_KEY={0}\n"
      "  export GEMINI_API_KEY={0}\n\n"
      "Try it{1}:\n\n"
      "  curl -i {2}/v1/chat/completions -H 'Authorization: Bearer {0}' "
      "-H 'Content-Type: application/json' "
      "-d '{{\"model\":\"gpt-4o-mini\",\"max_tokens\":100,"
      "\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n\n",
      key, simulated ? " (the answer is simulated)" : "", base);
  return text;
}

void stand_in(Config& config, std::uint16_t port) {
  ::setenv(kSimulatedKeyVariable.data(), "sk-simulated", 1);
  for (ProviderConfig& provider : config.providers) {
    const bool chat = std::find(provider.dialects.begin(), provider.dialects.end(),
                                Dialect::chat) != provider.dialects.end();
    provider.base_url = fmt::format("http://127.0.0.1:{}{}", port, chat ? "/v1" : "");
    provider.api_key_env = kSimulatedKeyVariable;
    provider.api_key_env_too.clear();
    provider.api_key_file.clear();
  }
}

}  // namespace purser
