#include "src/program/options.hpp"

#include "src/program/errors.hpp"
#include "tests/src/temporary_folder.hpp"

#include <array>
#include <fstream>

namespace stint {
namespace {

/// A command with one option of each kind.
struct Command {
  double mass2 = 1;
  int steps = 10;
  std::int64_t chains = 5'000'000'000;
  std::string output, start = "hot", from, weights;
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
    options.flag("weights", weights, {"density", "path"}, "weights");
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

TEST(Options, AFlagMayHaveAWord) {
  const auto read = [](const std::vector<std::string>& arguments) {
    Command command;
    EXPECT_TRUE(command.parse(arguments));
    EXPECT_EQ(command.fast, !arguments.empty());
    return command.weights;
  };
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read({"--weights", "--fast"}), "density");
  EXPECT_EQ(read({"--fast", "--weights"}), "density");
  EXPECT_EQ(read({"--weights", "path", "--fast"}), "path");
  EXPECT_EQ(read({"--fast", "--weights=path"}), "path");
  EXPECT_EQ(read({"--fast", "--weights", "path", "--weights=false"}), "");
  EXPECT_EQ(Command().refusal({"--weights", "divergence"}), "--weights is 'divergence', expected density or path");

  Command given, defaults, repeated;
  EXPECT_TRUE(given.parse({"--weights"}));
  EXPECT_TRUE(defaults.parse({}));
  EXPECT_NE(given.options.effective().find("weights=density\n"), std::string::npos);
  EXPECT_NE(defaults.options.effective().find("weights=false\n"), std::string::npos);
  EXPECT_TRUE(repeated.options.parse(std::vector<std::string>{"--config", "x"},
                                     [](const std::string&) { return std::string("weights=true\n"); }));
  EXPECT_EQ(repeated.weights, "density");
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
  EXPECT_NE(Command().refusal({"--mas2", "1"}).find("did you mean '--mass2'"), std::string::npos);
  EXPECT_NE(Command().refusal({"--mass", "1"}), ""); // no abbreviations: they would change with the next option
  EXPECT_NE(Command().refusal({"a", "b", "c"}).find("'c'"), std::string::npos);
  EXPECT_NE(Command().refusal({"--num-chains", "4"}).find("did you mean '--chains'"), std::string::npos);
  EXPECT_NE(Command().refusal({"--Fast"}).find("did you mean '--fast'"), std::string::npos);
  EXPECT_NE(Command().refusal({"--frobnicate"}).find("--help"), std::string::npos);
}

TEST(Options, WholeNumbersMayHaveExponents) {
  Command command;
  EXPECT_TRUE(command.parse({"--steps", "1e3", "--chains=9e15"}));
  EXPECT_EQ(command.steps, 1000);
  EXPECT_EQ(command.chains, 9'000'000'000'000'000);
}

TEST(Options, TheLastOfTwoValuesCounts) {
  Command command;
  EXPECT_TRUE(command.parse({"--mass2", "1", "--fast", "--mass2", "2", "--fast=False"}));
  EXPECT_EQ(command.mass2, 2);
  EXPECT_FALSE(command.fast);
}

TEST(Options, RefusesValuesThatAreNone) {
  for (const char* text : {"", "x", "1x", "nan", "inf", "1e999", "0x10"})
    EXPECT_NE(Command().refusal({"--mass2", text}), "") << text;
  for (const char* text : {"", "1.5", "1e-3", "1e300", "99999999999", "0x10"})
    EXPECT_NE(Command().refusal({"--steps", text}), "") << text;
  EXPECT_NE(Command().refusal({"--start", "warm"}).find("hot or cold"), std::string::npos);
  EXPECT_NE(Command().refusal({"--mass2"}), "");
  EXPECT_NE(Command().refusal({"--fast=1x"}), "");
  EXPECT_NE(Command().refusal({"--chains", "9223372036854775808"}).find("at most 9223372036854775807"),
            std::string::npos);
  EXPECT_NE(Command().refusal({"--steps", "2147483648"}).find("at most 2147483647"), std::string::npos);
  EXPECT_NE(Command().refusal({"--chains", "9e18"}).find("at most 9007199254740992"), std::string::npos);
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
  for (const char* text : {"mass3=1\n", "mass2=x\n", "mass2\n", "=1\n", "fast=maybe\n", "output=run # 1\n"})
    EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", write(text)}), path, "")) << text;
  EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", folder.file("none.ini")}), "none.ini", "No such file"));
  EXPECT_TRUE(test::is_one_line(Command().refusal({"--config", folder.file("")}), "", "folder"));
}

TEST_F(ConfigFile, IsReadAsOthersWriteIt) {
  Command command;
  EXPECT_TRUE(command.parse({"--config", write("\xEF\xBB\xBFmass2 = -4 # a comment\r\n; another\r\n[numbers]\r\n"
                                               "--steps=7\r\nsteps=8 ; twice\r\nfast=True\r\noutput=run#1.h5\r\n")}));
  EXPECT_EQ(command.mass2, -4);
  EXPECT_EQ(command.steps, 8);
  EXPECT_TRUE(command.fast);
  EXPECT_EQ(command.output, "run#1.h5");
}

TEST_F(ConfigFile, QuotesKeepWhatStandsInThem) {
  for (const auto& [text, value] :
       {std::pair{"'run #1.h5'", "run #1.h5"}, {"\" x \"  # blanks", " x "}, {"\"\"", ""}}) {
    Command command;
    EXPECT_TRUE(command.parse({"--config", write(std::string("output = ") + text + "\n")}));
    EXPECT_EQ(command.output, value);
  }
}

TEST_F(ConfigFile, SectionsOfOtherCommandsDoNotCount) {
  Command command;
  const std::vector<std::string> commands = {"test", "other"};
  EXPECT_TRUE(command.options.parse(
      std::vector<std::string>{"--config", write("steps=1\n[test]\nmass2=2\n[other]\nmass2=3\n[any]\nsteps=4\n")},
      read_text_file, commands));
  EXPECT_EQ(command.mass2, 2);
  EXPECT_EQ(command.steps, 4);
}

TEST_F(ConfigFile, SeveralAreReadInTheirOrder) {
  write("steps=1\nmass2=3\n");
  std::ofstream(folder.file("second.ini")) << "steps=2\n";
  Command command;
  EXPECT_TRUE(command.parse({"--config", path, "--config", folder.file("second.ini")}));
  EXPECT_EQ(command.steps, 2);
  EXPECT_EQ(command.mass2, 3);
}

TEST_F(ConfigFile, DefaultsInForceWereNotGiven) {
  Command first;
  first.parse({"--steps", "10", "a b.h5", "--output", " x #1 "});
  Command second;
  EXPECT_TRUE(second.parse({"--config", write(first.options.effective())}));
  EXPECT_TRUE(second.options.given("steps")); // its default, but given
  EXPECT_FALSE(second.options.given("mass2"));
  EXPECT_EQ(second.mass2, 1);
  EXPECT_EQ(second.output, " x #1 ");
  EXPECT_EQ(second.files, std::vector<std::string>{"a b.h5"});
  EXPECT_EQ(second.options.effective(), first.options.effective());
}

TEST(Options, ARunThatGoesOnTakesOptionsOver) {
  Command first;
  first.parse({"--mass2", "-0.1", "--limit", "4", "--output", "first.h5", "--start", "cold"});
  const auto going_on = [&](Command& command) {
    const auto stored = [&](const std::string& path) {
      EXPECT_EQ(path, "left.h5");
      return first.options.effective();
    };
    command.options.value("from", command.from, "FILE", "what another run left");
    command.options.continues("from", stored, {.free = {"limit", "chains"}, .own = {"output"}});
  };
  Command second;
  going_on(second);
  EXPECT_TRUE(second.parse({"--from", "left.h5", "--limit", "5", "--mass2", "-0.10"}));
  EXPECT_EQ(second.mass2, -0.1);
  EXPECT_EQ(second.limit, 5);
  EXPECT_EQ(second.start, "cold");
  EXPECT_EQ(second.output, "");
  EXPECT_TRUE(second.options.given("start"));
  EXPECT_FALSE(second.options.given("steps"));
  Command free;
  going_on(free);
  EXPECT_TRUE(free.parse({"--from", "left.h5", "--chains", "7"}));
  EXPECT_EQ(free.chains, 7);
  EXPECT_EQ(free.limit, 4);
  for (const auto& [option, value, message] :
       {std::array<std::string, 3>{"--mass2", "2", "--mass2 is 2, but left.h5 was made with -0.1: leave it out"},
        {"--steps", "3", "--steps is 3, but left.h5 was made with 10: leave it out"}}) {
    Command other;
    going_on(other);
    EXPECT_EQ(other.refusal({"--from", "left.h5", option, value}), message);
  }
  Command alone;
  going_on(alone);
  EXPECT_TRUE(alone.parse({"--mass2", "2"})); // nothing is read without the option
  EXPECT_EQ(alone.mass2, 2);
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
