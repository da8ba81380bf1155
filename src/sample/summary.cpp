#include "src/sample/summary.hpp"

#include "src/program/json_output.hpp"
#include "src/program/log.hpp"
#include "src/program/numbers.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>

namespace stint {

std::string stop_text(const PathStop& stop) {
  return fmt::format("knot {} of {}, t = {:.6g}", stop.knot, stop.knots, stop.time);
}

void print(const SampleSettings& settings, const CommonOptions& common, const Source& source,
           const SampleFindings& found, const SampleReport& report) {
  const double per_configuration = report.seconds / static_cast<double>(settings.run.samples);
  nlohmann::json json = {{"samples", settings.run.samples},
                         {"evaluations", report.evaluations},
                         {"seconds_per_configuration", per_configuration}};
  std::string text =
      fmt::format("{}: {}, lattice {}\n"
                  "evaluations    {:.4g} of the drift for each\n"
                  "time           {}, {:.3g} s a configuration\n",
                  common.output, counted(settings.run.samples, "configuration"), source.layout.geometry.text(),
                  report.evaluations, duration_text(report.seconds), per_configuration);
  if (found.distance)
    json["law_distance"] = found.distance->nats;
  if (found.choice.steps > 0) {
    text += fmt::format("steps          {} of an error below {:g}; {} were too long and tried again\n",
                        found.choice.steps, *settings.tolerance, found.choice.rejected);
    json["steps"] = found.choice.steps;
    json["rejected_steps"] = found.choice.rejected;
  }
  if (!settings.states.empty()) {
    text += fmt::format("continued      from {}; {} of {} states were changed\n", stop_text(found.begin), found.edited,
                        settings.run.samples);
    json["continued_from_knot"] = found.begin.knot;
    json["edited"] = found.edited;
  }
  if (const auto& stop = settings.run.stop) {
    text += fmt::format("stopped        at {}{}; go on with stint sample --continue {}\n", stop_text(*stop),
                        std::abs(stop->time - settings.until.value_or(0)) > 1e-9
                            ? fmt::format(", the nearest to --until {:g}", *settings.until)
                            : "",
                        common.output);
    json["stop_knot"] = stop->knot;
    json["stop_time"] = stop->time;
  }
  if (settings.run.weights) {
    text += fmt::format("effective      {:.4g} of the samples\n", report.effective_sample_fraction);
    json["effective_sample_size"] = report.effective_sample_fraction;
    text += fmt::format("log Z          {}\n", with_error(report.log_z, report.log_z_error));
    json["log_z"] = report.log_z;
    json["log_z_error"] = report.log_z_error;
  }
  if (settings.run.relaxed) {
    text += fmt::format("relaxation     acceptance {:.3f}\n", report.acceptance);
    json["relax_acceptance"] = report.acceptance;
    json["relax_unmoved"] = report.unmoved;
  }
  if (!common.quiet)
    std::fputs(text.c_str(), stdout);
  write_json(common.json, json, common.overwrite);
}

void warn_of_operators(const SampleSettings& settings, const LawDistance& distance) {
  if (distance.outside())
    log_warning(fmt::format("the path leaves the operators that {} was trained on: at its knot {} it is {:.2g} nats of "
                            "log(alpha/beta) from the nearest of them; its answers may be worse there",
                            settings.source.model, distance.knot, distance.nats));
}

void warn_of_relaxation(const SampleSettings& settings, const Relaxation& relax, const SampleReport& report) {
  constexpr double low = 0.3;
  if (settings.run.relaxed && (report.acceptance < low || report.unmoved > 0))
    log_warning(fmt::format(
        "--relax accepted {:.2g} of its trajectories and left {} of {} configurations as the flow made them: "
        "take a smaller --relax-step-size than {:.3g}, or more trajectories",
        report.acceptance, report.unmoved, settings.run.samples, relax.hmc.step_size));
}

void print_finished(const SampleSettings& settings, CommonOptions common, const Source& source,
                    const SampleFindings& found, const SampleReport& report) {
  if (!common.quiet)
    std::fputs((common.output + " is complete already\n").c_str(), stdout);
  if (std::filesystem::exists(common.json))
    common.json.clear();
  print(settings, common, source, found, report);
}

} // namespace stint
