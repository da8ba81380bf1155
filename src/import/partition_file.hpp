#pragma once
// CelebA's list_eval_partition: which pictures are for training, validation and test.

#include <map>
#include <string>

namespace stint {

/// The part of each picture, "train", "valid" or "test", by the picture's name. Lines are "NAME,P" (the CSV form, with
/// a first line of headings) or "NAME P", with P = 0 train, 1 valid, 2 test. Throws std::runtime_error, one line naming
/// file and line, for any other line or a name that comes twice.
std::map<std::string, std::string> read_partition(const std::string& path);

} // namespace stint
