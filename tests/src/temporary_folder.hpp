#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace stint::test {

/// A folder of one test, empty at its start and removed at its end.
class TemporaryFolder {
public:
  TemporaryFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name =
        std::string("stint-") + info->test_suite_name() + "-" + info->name() + "-" + std::to_string(::getpid());
    std::replace(name.begin(), name.end(), '/', '-');
    path_ = std::filesystem::path(testing::TempDir()) / name;
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  bool empty() const { return std::filesystem::is_empty(path_); }

private:
  std::filesystem::path path_;
};

/// The message of the std::exception that `work` throws; "" if it throws none.
template<class Work> std::string message_of(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Whether an error is what a user should see: one line that names the file and says `what`.
inline testing::AssertionResult is_one_line(const std::string& message, const std::string& file,
                                            const std::string& what) {
  const bool good = message.find('\n') == std::string::npos && message.find(file) != std::string::npos &&
                    message.find(what) != std::string::npos;
  return (good ? testing::AssertionSuccess() : testing::AssertionFailure())
         << "message '" << message << "', expected one line with '" << file << "' and '" << what << "'";
}

} // namespace stint::test
