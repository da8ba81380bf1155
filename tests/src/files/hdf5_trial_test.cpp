#include "src/files/hdf5.hpp"

#include "tests/src/temporary_folder.hpp"

#include <hdf5.h>
#include <pthread.h>

#include <atomic>
#include <fstream>

namespace stint::hdf5 {
namespace {

/// A file in HDF5's oldest format, the default, whose root group cannot be read if `damaged`.
void write_old_file(const std::string& path, bool damaged) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Fclose(file);
  if (!damaged)
    return;
  std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(96); // the root group's object header
  bytes.write("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

std::atomic<int> forks = 0; // of this process

void open_old_files() {
  const test::TemporaryFolder folder;
  write_old_file(folder.file("good.h5"), false);
  write_old_file(folder.file("bad.h5"), true);
  EXPECT_EQ(File::open(folder.file("good.h5")).list("/"), std::vector<std::string>{"group"});
  for (int i = 0; i < 2; ++i)
    EXPECT_NE(test::message_of([&] { File::open(folder.file("bad.h5")); }).find("a damaged HDF5 file"),
              std::string::npos);
}

TEST(Trial, IsDoneByTheHelperOnceThereIsOne) {
  ::pthread_atfork([] { ++forks; }, nullptr, nullptr);
  open_old_files();
  EXPECT_EQ(forks, 3);
  start(true);
  EXPECT_EQ(forks, 4);
  open_old_files();
  EXPECT_EQ(forks, 4);
}

} // namespace
} // namespace stint::hdf5
