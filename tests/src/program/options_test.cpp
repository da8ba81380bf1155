#include "src/program/options.hpp"

#include "src/program/errors.hpp"
#include "tests/src/temporary_folder.hpp"

#include <fstream>

namespace stint {
namespace {

/// A command with one option of each kind.
struct Command {
  double mass2 = 1;
  int steps = 10;
  std::int64_t chains = 5'000'000'000;
  std::string output, start = "hot";
  std::optional<int> limit;
  bool fast = false;
  std::vector<std::string> files;
  Options options{"test", "A command."};

  Command() {
    options.positional("FILE...", files, 0, 2, "files");
    options.group("Numbers");
    options.value("mass2", mass2, "M2", "squared mass");
    options.value("steps", steps, "N", "steps");
    options.value("chains", chains, "N", "chains");
    options.value("limit", limit, "N", "limit", "no limit");
    options.group("Others");
    options.value("output", output, "FILE", "output");
    options.choice("start", start, {"hot", "cold"}, "start");
    options.flag("fast", fast, "fast");
    options.example("stint test --fast");
  }

  bool parse(const std::vector<std::string>& arguments) { return options.parse(arguments); }

  /// The message of the UsageError.
  std::string refusal(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
};

TEST(Options, DefaultsStay) {
  Command command;
  EXPECT_TRUE(command.parse({}));
  EXPECT_EQ(command.mass2, 1);
  EXPECT_FALSE(command.limit);
  EXPECT_FALSE(command.options.given("mass2"));
}

TEST(Options, ValuesAreRead) {
  Command command;
  EXPECT_TRUE(
      command.parse({"a.h5", "--mass2", "-4", "--steps=20", "--limit", "3", "--start", "cold", "--fast", "b.h5"}));
  EXPECT_EQ(command.mass2, -4);
  EXPECT_EQ(command.steps, 20);
  EXPECT_EQ(command.limit, 3);
  EXPECT_EQ(command.start, "cold");
  EXPECT_TRUE(command.fast);
  EXPECT_TRUE(command.options.given("mass2"));
  EXPECT_EQ(command.files, (std::vector<std::string>{"a.h5", "b.h5"}));
}

TEST(Options, NegativeNumbersInAllSpellings) {
  for (const char* text : {"-4", "-.5", "-1e-3", "-0"}) {
    Command command;
    EXPECT_TRUE(command.parse({"--mass2", text})) << text;
    EXPECT_EQ(command.mass2, std::stod(text));
  }
}

TEST(Options, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(Command().refusal({"--mas2", "1"}).find("did you mean 'mass2'"), std::string::npos);
  EXPECT_NE(Command().refusal({"--mass", "1"}), ""); // no abbreviations: they would change with the next option
  EXPECT_NE(Command().refusal({"a", "b", "c"}), "");
}

TEST(Options, RefusesValuesThatAreNone) {
  for (const char* text : {"", "x", "1x", "nan", "inf", "1e999", "0x10"})
    EXPECT_NE(Command().refusal({"--mass2", text}), "") << text;
  for (const char* text : {"", "1.5", "1e3", "99999999999"})
    EXPECT_NE(Command().refusal({"--steps", text}), "") << text;
  EXPECT_NE(Command().refusal({"--start", "warm"}).find("hot or cold"), std::string::npos);
  EXPECT_NE(Command().refusal({"--mass2"}), "");
  EXPECT_NE(Command().refusal({"--fast=1x"}), "");
  EXPECT_NE(Command().refusal({"--mass2", "1", "--mass2", "1"}).find("twice"), std::string::npos);
}

TEST(Options, RefusesToGoOnWithoutWhatIsRequired) {
  Command command;
  command.options.require("output");
  EXPECT_NE(command.refusal({}).find("--output"), std::string::npos);
  EXPECT_TRUE(command.parse({"--output", "x"}));
}

class ConfigFile : public testing::Test {
protected:
  std::string write(const std::string& text) {
    std::ofstream(path) << text;
    return path;
  }
  test::TemporaryFolder folder;
  std::string path = folder.file("run.ini");
};

TEST_F(ConfigFile, TheCommandLineWins) {
  Command command;
  EXPECT_TRUE(command.parse({"--config", write("# a comment\nmass2 = -4\nsteps=7\nfast=true\n"), "--steps", "8"}));
  EXPECT_EQ(command.mass2, -4);
  EXPECT_EQ(command.steps, 8);
  EXPECT_TRUE(command.fast);
  EXPECT_TRUE(command.options.given("mass2"));
}

TEST_F(ConfigFile, ErrorsNameTheFile) {
  for (const char* text :
       {"mass3=1\n", "mass2=x\n", "mass2\n", "[group]\nmass2=1\n", "steps=1\nsteps=2\n", "fast=maybe\n"})
    EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", write(text)}), path, "")) << text;
  EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", folder.file("none.ini")}), "none.ini", "No such file"));
  EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", folder.file("")}), "", "folder"));
}

TEST_F(ConfigFile, TheOptionsInForceRepeatTheRun) {
  Command first;
  first.parse({"--mass2", "-0.1", "--limit", "4", "--fast"});
  Command second;
  EXPECT_TRUE(second.parse({"--config", write(first.options.effective())}));
  EXPECT_EQ(second.options.effective(), first.options.effective());
  EXPECT_EQ(second.mass2, -0.1);
  EXPECT_EQ(second.limit, 4);
  EXPECT_TRUE(second.fast);
}

TEST(Options, HelpHasEveryOptionWithItsDefault) {
  Command command;
  EXPECT_FALSE(command.parse({"--nonsense", "--help"}));
  const std::string help = command.options.help();
  for (const char* text :
       {"--mass2 M2", "[default 1]", "--chains N", "[default 5000000000]", "--start hot|cold", "[default hot]",
        "[default: no limit]", "--fast", "Numbers:", "Others:", "stint test --fast", "--config FILE"})
    EXPECT_NE(help.find(text), std::string::npos) << text;
}

} // namespace
} // namespace stint
