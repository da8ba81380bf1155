#pragma once
// The text of a --config file.
//
//   mass2 = -4                    an option; blanks around name and value do not count, nor dashes before the name
//   output = "run #1.h5"          quotes, of either kind, keep blanks and # in a value
//   # a comment, ; also
//   steps = 10  # a comment after a value has a blank before it
//   [hmc]                         what follows counts for 'stint hmc' only
//   [anything else]               a heading, without meaning; one that is nearly a command's name is refused
//   [defaults]                    what follows are defaults that were in force: values, but not given by the user
//
// A byte order mark and the ends of lines of other systems are passed over.

#include <span>
#include <string>
#include <vector>

namespace stint {

/// A line name=value of a config file.
struct ConfigEntry {
  std::string name, value;
  int line = 0;           ///< counted from 1
  bool commented = false; ///< a comment follows the value on its line
  bool fallback = false;  ///< under [defaults]
};

/// The heading under which Options::effective() has the defaults.
inline constexpr const char* defaults_heading = "[defaults]";

/// The entries that count for `command`, in their order. `commands` are the names of all. Throws UsageError, one line
/// naming `path` and the line, for lines that are none of the above.
std::vector<ConfigEntry> parse_config(const std::string& text, const std::string& path, const std::string& command,
                                      std::span<const std::string> commands);

/// `value` as a config file has it: in quotes where these are needed.
std::string quoted_if_needed(const std::string& value);

} // namespace stint
