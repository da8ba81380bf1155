#include "src/program/command.hpp"

#include "src/files/atomic_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <omp.h>

namespace stint {

bool read_options(const Context& context, Options& options, CommonOptions& common, const CommonMeaning& meaning,
                  std::span<const std::string> arguments) {
  options.group("Output and running");
  options.value("output", common.output, "FILE", meaning.output);
  if (meaning.output_required)
    options.require("output");
  options.value("json", common.json, "FILE",
                "write the printed numbers to this file as JSON; - is standard output, in place of the table");
  options.writes("output");
  for (const auto& suffix : meaning.beside)
    options.writes("output", suffix);
  options.writes("json");
  options.flag("overwrite", common.overwrite, "replace outputs that exist; without it they are refused");
  options.flag("quiet", common.quiet, "print nothing but warnings and errors");
  options.value("seed", common.seed, "N", meaning.seed);
  options.value("threads", common.threads, "N", "OpenMP threads of each rank",
                "OMP_NUM_THREADS, else the cores that this rank may use");
  const auto read = [&context](const std::string& path) {
    try {
      return read_for_all(context.mpi, path);
    } catch (const UsageError& error) {
      throw UsageError(std::string("--config ") + error.what());
    }
  };
  if (!options.parse(arguments, read, context.commands)) {
    if (context.mpi.root())
      std::fputs(options.help().c_str(), stdout);
    return false;
  }
  if (common.seed < 0)
    throw UsageError("--seed is " + std::to_string(common.seed) + ", expected a number from 0 to 2^63 - 1");
  const bool given = common.threads.has_value();
  if (!given)
    common.threads = std::getenv("OMP_NUM_THREADS") ? omp_get_max_threads() : context.mpi.default_threads();
  if (*common.threads < 1 || *common.threads > 4096)
    throw UsageError((given ? "--threads is " : "OMP_NUM_THREADS is ") + std::to_string(*common.threads) +
                     ", expected a number from 1 to 4096");
  omp_set_num_threads(*common.threads);
  common.quiet = common.quiet || common.json == "-";
  start_log(common.quiet, context.mpi.root());
  on_root(context.mpi, [&options] { check_distinct(options.inputs(), options.outputs()); });
  return true;
}

Provenance provenance_of(const Context& context, const Options& options, const CommonOptions& common) {
  Provenance provenance = present_provenance();
  provenance.command_line = context.command_line;
  provenance.options = options.effective();
  provenance.seed = common.seed;
  provenance.ranks = context.mpi.size();
  provenance.threads = common.threads.value_or(1);
  return provenance;
}

void on_root(const Mpi& mpi, const std::function<void()>& work) {
  enum Outcome : std::int64_t { good, failed, wrong_usage };
  std::int64_t outcome_and_length[2] = {good, 0};
  std::string message;
  const auto note = [&](Outcome outcome, const std::exception& error) {
    message = error.what();
    outcome_and_length[0] = outcome;
    outcome_and_length[1] = static_cast<std::int64_t>(message.size());
  };
  if (mpi.root()) {
    try {
      work();
    } catch (const UsageError& error) {
      note(wrong_usage, error);
    } catch (const std::exception& error) {
      note(failed, error);
    }
  }
  mpi.broadcast(std::span<std::int64_t>(outcome_and_length));
  if (outcome_and_length[0] == good)
    return;
  message.resize(static_cast<std::size_t>(outcome_and_length[1]));
  mpi.broadcast(std::span<char>(message));
  if (outcome_and_length[0] == wrong_usage)
    throw UsageError(message);
  throw CommonFailure(message);
}

void check_outputs(const Context& context, const CommonOptions& common, std::initializer_list<std::string> paths) {
  const auto standard = (common.output == "-" ? 1 : 0) + (common.json == "-" ? 1 : 0);
  if (std::ranges::count(paths, "-") > standard)
    throw UsageError("'-' is standard output, which takes a table or the numbers of --json; give other outputs a name");
  on_root(context.mpi, [&] {
    for (const auto& path : paths)
      if (!path.empty() && path != "-")
        check_output(path, common.overwrite);
  });
}

std::string read_for_all(const Mpi& mpi, const std::string& path) {
  std::string text;
  on_root(mpi, [&] { text = read_text_file(path); });
  auto size = static_cast<std::int64_t>(text.size());
  mpi.broadcast(std::span(&size, 1));
  text.resize(static_cast<std::size_t>(size));
  mpi.broadcast(std::span<char>(text));
  return text;
}

void print_result(const CommonOptions& common, const std::string& text) {
  if (!common.output.empty() && common.output != "-")
    write_text_file(common.output, text, common.overwrite);
  else if (!common.quiet)
    std::fputs(text.c_str(), stdout);
}

} // namespace stint
