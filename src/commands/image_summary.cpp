#include "src/commands/image_summary.hpp"

#include "src/files/image_attributes.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace stint {
namespace {

constexpr std::size_t most_labels = 20; // that are shown

std::string look(std::int64_t channels) {
  return channels == 1 ? "grey" : channels == 3 ? "in colour" : counted(channels, "channel");
}

std::string label_counts(const hdf5::File& file) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto label : file.dataset(label_dataset).read<std::int64_t>())
    ++counts[label];
  if (counts.size() > most_labels)
    return fmt::format("{} different ones, {} to {}", counts.size(), counts.begin()->first, counts.rbegin()->first);
  std::string text;
  for (const auto& [label, count] : counts)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", label, count);
  return text;
}

} // namespace

std::string image_summary(const EnsembleReader& ensemble) {
  const auto attributes = read_image_attributes(ensemble.file());
  std::string text = fmt::format("what     {} of {} pixels, {}\n", counted(ensemble.size(), "image"),
                                 ensemble.geometry().text(), look(ensemble.channels()));
  if (!attributes.source.empty())
    text += fmt::format("from     {}{}{}\n", attributes.source, attributes.split.empty() ? "" : ", ", attributes.split);
  if (ensemble.file().exists(label_dataset))
    text += fmt::format("labels   {}\n", label_counts(ensemble.file()));
  if (const auto& command = ensemble.header().provenance.command_line; !command.empty())
    text += fmt::format("made by  {}\n", command);
  return text + fmt::format("see it   stint export {} --sheet 8x8 --output sheet.png\n", ensemble.path());
}

} // namespace stint
