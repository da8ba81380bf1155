#pragma once
// Files of C's standard library, for libraries that want them, closed with their owner.

#include <cstdio>
#include <memory>

namespace stint {

struct CloseStandardFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using StandardFile = std::unique_ptr<std::FILE, CloseStandardFile>;

} // namespace stint
