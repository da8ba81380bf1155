// Command lines and config files put together at random: parsing sets the variables or throws UsageError, and what it
// has set can be said again.

#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "tests/fuzz/mutations.hpp"
#include "tests/src/temporary_folder.hpp"

#include <fstream>

namespace stint {
namespace {

/// One option of every kind.
struct Settings {
  std::string text = "32x32", choice = "hot";
  int number = 3;
  std::int64_t large = -5;
  double real = 0.07;
  std::optional<double> maybe;
  bool flag = false;
  std::vector<std::string> files;

  void declare(Options& options) {
    options.value("text", text, "TEXT", "a text");
    options.value("number", number, "N", "a number");
    options.value("large", large, "N", "a large number");
    options.value("real", real, "X", "a real number");
    options.value("maybe", maybe, "X", "a real number or nothing");
    options.choice("choice", choice, {"hot", "cold"}, "one of two");
    options.flag("flag", flag, "a flag");
    options.positional("FILE", files, 0, 2, "files");
  }
};

/// What parsing made of the arguments; nothing if they are wrong.
std::optional<std::string> parsed(const std::vector<std::string>& arguments) {
  Settings settings;
  Options options("test", "A test.");
  settings.declare(options);
  try {
    return options.parse(arguments) ? options.effective() : options.help();
  } catch (const UsageError& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return {};
  }
}

TEST(MutatedOptions, CommandLines) {
  const std::vector<std::string> words = {"--text",
                                          "--number",
                                          "--large",
                                          "--real",
                                          "--maybe",
                                          "--choice",
                                          "--flag",
                                          "--help",
                                          "--config",
                                          "--",
                                          "-",
                                          "-h",
                                          "--no",
                                          "--text=",
                                          "--number=1",
                                          "--flag=true",
                                          "--=",
                                          "=",
                                          "",
                                          " ",
                                          "hot",
                                          "cold",
                                          "1",
                                          "-1",
                                          "+1",
                                          "++1",
                                          "1e400",
                                          "1e-400",
                                          "nan",
                                          "inf",
                                          "0x10",
                                          "99999999999999999999",
                                          "1.5",
                                          "x",
                                          "\xff\xfe",
                                          "\n",
                                          "--numbr",
                                          "--positional arguments",
                                          "--positional arguments=x",
                                          "file.h5"};
  int good = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> arguments(random() % 7);
    for (auto& argument : arguments) {
      argument = words[random() % words.size()];
      if (!argument.empty() && random() % 8 == 0)
        argument[random() % argument.size()] = static_cast<char>(random());
    }
    SCOPED_TRACE(seed);
    good += parsed(arguments).has_value();
  }
  EXPECT_GT(good, 1000);
}

TEST(MutatedOptions, ConfigFiles) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("options.ini");
  const auto with = [&path](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return parsed({"--config", path});
  };
  const std::string whole = *parsed({"--maybe", "0.5", "--flag"});
  EXPECT_EQ(with(whole), whole);
  int good = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    const auto found = with(fuzz::mutate(whole, seed));
    if (!found)
      continue;
    ++good;
    EXPECT_EQ(with(*found), found);
  }
  EXPECT_GT(good, 100);
}

} // namespace
} // namespace stint
