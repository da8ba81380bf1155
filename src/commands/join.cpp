// stint join: several ensembles of one law as one.

#include "src/commands/commands.hpp"
#include "src/files/ensemble_join.hpp"
#include "src/program/json_output.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace stint {

int run_join(const Context& context, Arguments arguments) {
  std::vector<std::string> files;
  CommonOptions common;
  Options options("join",
                  "Joins ensembles of the same theory and lattice: the configurations of one file after those of the "
                  "other, with chains that get new numbers, so that chains of different files stay different. Weights "
                  "are joined, and so are histories where all files have the same recorded trajectories. Files that "
                  "share configurations are refused: they would count twice.");
  options.positional("ENSEMBLE ENSEMBLE...", files, 2, 10000, "ensemble files of one theory on one lattice");
  options.example("stint join first.h5 second.h5 --output both.h5");
  if (!read_options(context, options, common, {.output = "ensemble file to write", .output_required = true}, arguments))
    return 0;
  check_outputs(context, common, {common.output, common.json});
  const auto joined = join_ensembles(files, common.output, common.overwrite, provenance_of(context, options, common));
  if (!joined.history)
    spdlog::info("{}: without a history: the files have none, or not of the same trajectories", common.output);
  if (!common.quiet)
    std::fputs(fmt::format("{}: {} configurations of {} from {} files\n", common.output, joined.configurations,
                           counted(joined.chains, "chain"), files.size())
                   .c_str(),
               stdout);
  write_json(common.json,
             {{"configurations", joined.configurations}, {"chains", joined.chains}, {"files", files.size()}},
             common.overwrite);
  return 0;
}

} // namespace stint
