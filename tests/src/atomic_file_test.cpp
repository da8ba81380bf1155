#include "src/atomic_file.hpp"

#include "tests/src/temporary_folder.hpp"

#include <fstream>
#include <sstream>

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(AtomicFile, TheTargetAppearsAtCommit) {
  const test::TemporaryFolder folder;
  AtomicFile file(folder.file("out.txt"), false);
  std::ofstream(file.temporary()) << "whole";
  EXPECT_FALSE(std::filesystem::exists(folder.file("out.txt")));
  file.commit();
  EXPECT_EQ(contents(folder.file("out.txt")), "whole");
  EXPECT_FALSE(std::filesystem::exists(file.temporary()));
}

TEST(AtomicFile, NothingIsLeftWithoutCommit) {
  const test::TemporaryFolder folder;
  { const AtomicFile file(folder.file("out.txt"), false); }
  EXPECT_TRUE(folder.empty());
}

TEST(AtomicFile, AnExistingFileStaysAsItIs) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("out.txt");
  write_text_file(path, "first", false);
  EXPECT_TRUE(is_one_line(message_of([&] { AtomicFile(path, false); }), path, "--overwrite"));
  { const AtomicFile abandoned(path, true); }
  EXPECT_EQ(contents(path), "first");
  write_text_file(path, "second", true);
  EXPECT_EQ(contents(path), "second");
}

TEST(AtomicFile, RefusesWhatCannotBeWritten) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(
      is_one_line(message_of([&] { check_output(folder.file("no/out.txt"), false); }), "no/out.txt", "does not exist"));
  EXPECT_TRUE(is_one_line(message_of([&] { check_output("/dev/null", true); }), "/dev/null", "not a regular file"));
  EXPECT_TRUE(is_one_line(message_of([&] { check_output("", true); }), "", "empty"));
  check_output(folder.file("fine.txt"), false);
  EXPECT_TRUE(folder.empty());
}

TEST(AtomicFile, TheTemporaryMayLieInAnotherFolder) {
  const test::TemporaryFolder folder;
  make_folder(folder.file("parts"));
  make_folder(folder.file("parts")); // is there already
  AtomicFile file(folder.file("out.txt"), false, folder.file("parts"));
  EXPECT_EQ(std::filesystem::path(file.temporary()).parent_path(), folder.file("parts"));
  std::ofstream(file.temporary()) << "whole";
  file.commit();
  EXPECT_EQ(contents(folder.file("out.txt")), "whole");
  EXPECT_TRUE(std::filesystem::is_empty(folder.file("parts")));
}

TEST(AtomicFile, AFolderThatCannotBeMadeIsOneLine) {
  const test::TemporaryFolder folder;
  write_text_file(folder.file("file"), "in the way", false);
  EXPECT_TRUE(is_one_line(message_of([&] { make_folder(folder.file("file")); }), folder.file("file"), "as a folder"));
  EXPECT_TRUE(is_one_line(message_of([&] { make_folder(folder.file("no/new")); }), "no/new", "as a folder"));
}

TEST(AtomicFile, TheTemporaryKeepsTheExtension) {
  const test::TemporaryFolder folder;
  const AtomicFile file(folder.file("figure.png"), false);
  EXPECT_EQ(std::filesystem::path(file.temporary()).extension(), ".png");
}

} // namespace
} // namespace stint
