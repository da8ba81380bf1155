#include "src/files/atomic_file.hpp"
#include "src/files/temporary_name.hpp"

#include "tests/src/temporary_folder.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

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

/// A child process that makes a temporary for `path` and says so, then waits to be killed.
class Writer {
public:
  explicit Writer(const std::string& path) {
    int ready[2] = {};
    EXPECT_EQ(::pipe(ready), 0);
    process_ = ::fork();
    if (process_ == 0) {
      const AtomicFile file(path, true);
      std::ofstream(file.temporary()) << "half";
      while (::write(ready[1], "x", 1) == 1)
        ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Writer() { kill(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void kill() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    process_ = 0;
  }

private:
  pid_t process_;
};

std::vector<std::string> names_in(const test::TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("")))
    names.push_back(entry.path().filename());
  return names;
}

TEST(AtomicFile, TemporariesOfKilledProcessesGoAtTheNextStart) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("out.h5");
  Writer first(path), checkpoint(path + ".checkpoint"), other(folder.file("other.h5"));
  check_output(path, false);
  EXPECT_EQ(names_in(folder).size(), 3) << "they live";
  first.kill();
  checkpoint.kill();
  other.kill();
  check_output(path, false);
  ASSERT_EQ(names_in(folder).size(), 1) << "of the other output";
  EXPECT_TRUE(names_in(folder)[0].starts_with("other."));
}

TEST(AtomicFile, TemporariesInDoubtStay) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("out.h5");
  Writer writer(path);
  const auto left = names_in(folder)[0]; // out.HOST.PROCESS.part.h5
  writer.kill();
  const auto process = left.substr(0, left.rfind(".part")), host = process.substr(0, process.rfind('.'));
  const auto number = process.substr(host.size() + 1);
  const std::vector<std::string> kept = {
      "out.elsewhere." + number + ".part.h5", host + ".mine.part.h5",     host + ".part.h5", "out.part.h5",
      "out." + number + ".part.h5",           host + "." + number + ".h5"};
  for (const auto& name : kept)
    std::ofstream(folder.file(name)) << "keep";
  const int held = ::open(folder.file(left).c_str(), O_WRONLY); // as by a process of another container
  lock_temporary(held);
  check_output(path, false);
  EXPECT_EQ(names_in(folder).size(), kept.size() + 1);
  ::close(held);
  check_output(path, false);
  EXPECT_EQ(names_in(folder).size(), kept.size());
  EXPECT_FALSE(std::filesystem::exists(folder.file(left)));
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
