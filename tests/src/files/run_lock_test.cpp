#include "src/files/run_lock.hpp"

#include "tests/src/temporary_folder.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

namespace stint {
namespace {

TEST(RunLock, IsAFolderThatGoesWithIt) {
  const test::TemporaryFolder folder;
  {
    const RunLock lock(folder.file("out.parts"));
    EXPECT_TRUE(std::filesystem::is_directory(folder.file("out.parts")));
  }
  EXPECT_TRUE(folder.empty());
}

TEST(RunLock, KeepsAFolderThatIsInUse) {
  const test::TemporaryFolder folder;
  {
    const RunLock lock(folder.file("out.parts"));
    std::filesystem::create_directory(folder.file("out.parts/part"));
  }
  EXPECT_TRUE(std::filesystem::exists(folder.file("out.parts/part")));
}

TEST(RunLock, ThatWasWaitedForIsOfAFolderThatExists) {
  const test::TemporaryFolder folder;
  auto first = std::make_unique<RunLock>(folder.file("out.parts"));
  std::thread second([&] {
    const RunLock lock(folder.file("out.parts"));
    EXPECT_TRUE(std::filesystem::is_directory(folder.file("out.parts")));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300)); // the second one waits by now
  first.reset();
  second.join();
  EXPECT_TRUE(folder.empty());
}

} // namespace
} // namespace stint
