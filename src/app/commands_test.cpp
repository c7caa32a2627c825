// app/commands_test.cpp — what a script sees of the command line: exit codes and what is said
// where.
#include "app/commands.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/version.hpp"

namespace purser {
namespace {

struct Ended {
  int code;
  std::string out;
  std::string err;
};

Ended purser_with(std::vector<std::string> words) {
  CLI::App command_line("test", "purser");
  command_line.require_subcommand(1);
  Action chosen;
  add_check_config(command_line, chosen);
  add_simulate(command_line, chosen);
  add_version(command_line, chosen);
  add_prices(command_line, chosen);
  words.insert(words.begin(), "purser");
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run(command_line, chosen, static_cast<int>(pointers.size()), pointers.data());
  std::fflush(nullptr);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

class Scratch {
 public:
  explicit Scratch(std::string_view text) { std::ofstream(path_) << text; }
  ~Scratch() { std::filesystem::remove(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() /
                      ("purser_commands_" + std::to_string(::getpid()) + ".yaml");
};

TEST(Commands, ASoundConfigurationIsZeroAndABadOneIsOneWithItsPlace) {
  const Scratch sound("threads: 1\n");
  EXPECT_EQ(purser_with({"check-config", sound.path()}).code, kDone);
  const Scratch bad("threads: 1\nthreds: 2\n");
  const Ended ended = purser_with({"check-config", bad.path()});
  EXPECT_EQ(ended.code, kFinding);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "purser: " + bad.path() + ":2:1: unknown key \"threds\"; did you mean \"threads\"?\n");
  EXPECT_EQ(purser_with({"check-config", "/nowhere/purser.yaml"}).code, kFinding);
  EXPECT_EQ(purser_with({"check-config", "/tmp"}).code, kFinding) << "a folder is no file";
}

TEST(Commands, DoubtfulProvidersAreToldWithWhatIsDoubtful) {
  const Scratch file(
      "providers:\n"
      "  groq: {api_key_env: NO_SUCH_VARIABLE, models: ['llama-*', nonesuch]}\n"
      "  mine: {like: groq, api_key_file: /k, models: [llama-3.1-8b-instant]}\n"
      "  lab: {base_url: 'http://a', dialects: chat}\n"
      "  azure: {base_url: 'http://b', api_key_file: /k, models_as: {prod: gpt-4o, x: nonesuch}}\n"
      "  ollama:\n");
  const Ended ended = purser_with({"check-config", file.path()});
  EXPECT_EQ(ended.code, kDone);
  const std::string begin = file.path() + ": doubtful: provider ";
  EXPECT_EQ(ended.err,
            begin + "groq has no key: NO_SUCH_VARIABLE is not set\n" +  //
                begin + "groq: the price book has no price for \"nonesuch\"\n" + begin +
                "mine: its models \"llama-3.1-8b-instant\" go to groq, which stands before it and "
                "lists \"llama-*\"\n" +
                begin +
                "lab: the price book has nothing under its name: prices_of says whose prices are "
                "its own, free that it has none\n" +
                begin +
                "azure: the price book has no price for \"nonesuch\", which \"x\" stands for\n");
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr std::string_view kCatalogue = R"([{"id": "groq", "models": [
    {"id": "new-model", "prices": {"input_mtok": 0.5, "output_mtok": 2}},
    {"id": "odd-model", "prices": {"input_mtok": 500, "output_mtok": 2}}]}])";

TEST(PricesImport, ShowsFirstAndWritesOnlyWhenToldTo) {
  const Folder folder;
  const std::string file = folder.write("data.json", kCatalogue);
  const std::string config =
      folder.write("purser.yaml", "prices: " + (folder.path() / "own").string() + "\n");
  std::filesystem::create_directories(folder.path() / "own");
  const std::vector<std::string> command{"prices", "import", file, "--config", config};
  const Ended shown = purser_with(command);
  EXPECT_EQ(shown.code, kDone) << shown.err;
  EXPECT_NE(shown.out.find("+ groq new-model: input 0.5"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("groq odd-model: input 500"), std::string::npos) << shown.out;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "own"));

  auto for_real = command;
  for_real.emplace_back("--yes");
  EXPECT_EQ(purser_with(for_real).code, kDone);
  const Ended listed = purser_with(
      {"prices", "list", "--provider", "groq", "--model", "-model", "--config", config});
  EXPECT_NE(listed.out.find("new-model"), std::string::npos) << listed.out << listed.err;
  EXPECT_EQ(listed.out.find("odd-model"), std::string::npos) << "doubtful: not taken over";
  const Ended again = purser_with(for_real);
  EXPECT_NE(again.out.find("0 models would change"), std::string::npos) << again.out;
}

TEST(PricesImport, SaysWhatIsNoCatalogueAndWhereTo) {
  const Folder folder;
  const std::string junk = folder.write("junk.json", "[{\"id\": 1");
  EXPECT_EQ(purser_with({"prices", "diff", junk}).code, kFinding);
  EXPECT_EQ(purser_with({"prices", "import", (folder.path() / "none").string()}).code, kFinding);
  const std::string file = folder.write("data.json", kCatalogue);
  const Ended nowhere = purser_with({"prices", "import", file, "--yes"});
  EXPECT_EQ(nowhere.code, kFinding);
  EXPECT_NE(nowhere.err.find("--out"), std::string::npos) << nowhere.err;
}

TEST(OwnPrices, OutOfLineByAnOrderOfMagnitudeAreQuestionedOnEntry) {
  const Folder folder;
  const auto config_with = [&](std::string_view pinned) {
    folder.write("own/openai.json",
                 R"({"provider": "openai", "rows": [{"models": ["gpt-4o-mini"], "checked":
                 "2026-11-20", "source": "typed", )" +
                     std::string(pinned) + R"("usd_per_mtok": {"input": "15", "output": "60"}}]})");
    return folder.write("purser.yaml", "prices: " + (folder.path() / "own").string() + "\n");
  };
  const Ended asked = purser_with({"check-config", config_with("")});
  EXPECT_EQ(asked.code, kFinding);
  EXPECT_NE(asked.err.find("gpt-4o-mini: input 15, what it was 0.15"), std::string::npos)
      << asked.err;
  EXPECT_EQ(purser_with({"check-config", config_with(R"("pinned": true, )")}).code, kDone);
}

TEST(Commands, AWrongCommandLineIsTwoAndSaysSoOnStandardError) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"chek-config"},
                                                {"check-config"},
                                                {"version", "--loud"},
                                                {"simulate", "--fault", "nonsense"},
                                                {"simulate", "--first-byte", "soon"}}) {
    const Ended ended = purser_with(words);
    EXPECT_EQ(ended.code, kUsage);
    EXPECT_NE(ended.err, "");
  }
}

TEST(Commands, HelpIsZeroAndHasAnExample) {
  EXPECT_EQ(purser_with({"--help"}).code, kDone);
  for (const char* command : {"check-config", "simulate", "version"}) {
    const Ended ended = purser_with({command, "--help"});
    EXPECT_EQ(ended.code, kDone);
    EXPECT_NE(ended.out.find("Example: purser " + std::string(command)), std::string::npos)
        << ended.out;
  }
}

TEST(Commands, TheVersionIsTheBuilds) {
  EXPECT_EQ(purser_with({"version"}).out, "purser " + std::string(kVersion) + "\n");
  std::ifstream file(PURSER_SOURCE_DIR "/CMakeLists.txt");
  std::stringstream cmake;
  cmake << file.rdbuf();
  EXPECT_NE(cmake.str().find("project(purser VERSION " + std::string(kVersion) + " "),
            std::string::npos);
}

TEST(Commands, WithoutAFileTheDefaultsServeAndDataCanBeNamed) {
  BooksOption option;
  option.config_file = "";
  option.data = "/somewhere";
  const auto config = option.read();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data, "/somewhere");
}

}  // namespace
}  // namespace purser
