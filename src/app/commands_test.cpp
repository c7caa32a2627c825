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
