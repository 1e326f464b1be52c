// Compares what two networks compute.
#include "graph/base/parallel.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/measuring.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/pages/node_data.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/text/text_file.hpp"

namespace rw::commands {
namespace {

constexpr Argument kCompareArguments[] = {
    {"A", "a network: model.json or model.onnx", Completes::model},
    {"B", "the network that is compared with it", Completes::model},
    kDataArgument,
};

constexpr auto kCompareOptions = joined(
    {
        kRandomOption,
        kSeedOption,
        kBatchOption,
    },
    kImageOptions,
    {
        kToleranceOption,
        {"--layers", {}, "also by layer: where two networks of one structure part"},
        kThreadsOption,
        kJsonOption,
        kHtmlOption,
        kNodeDataOption,
    });

int compare(const Given& given) {
  set_threads(given);
  const double tolerance = take_tolerance(given);
  check_images_read(given, {"DATA"});
  const data::Options options = data_or_drawn(given, given.list("DATA"));
  const graph::Model a = quality::read_subject(given.text("A")), b = quality::read_subject(given.text("B"));
  const auto data = data::open(a.network, options);
  const graph::Model* const models[] = {&a, &b};
  check_pages(given, models, *data, {});
  const auto compared = [&] {
    ShownData shown(*data, data->samples());  // until nothing runs any more
    return quality::compare({a.network, given.text("A")}, {b.network, given.text("B")}, shown,
                            {.threads = graph::threads(), .layers = given.has("--layers") || given.has("--node-data")});
  };
  const quality::ComparisonTold told{given.text("A"), given.text("B"), compared(), tolerance, told_of(*data)};
  if (given.has("--html")) runtime::write_text(given.text("--html"), pages::page_of(told));
  if (given.has("--node-data"))
    runtime::write_text(given.text("--node-data"), pages::node_data(a.network, pages::layers_of(told)));
  print_told(given, told);
  return told.within() ? kDone : kRefused;
}

constexpr std::string_view kCompareExamples[] = {
    "rewrite-engine compare model.onnx balanced.onnx images/",
    "rewrite-engine compare model.onnx balanced.onnx --random 16 --layers",
};

}  // namespace

const Command kCompare = {
    .name = "compare",
    .summary = "runs two networks on the same inputs and tells how far their outputs lie apart",
    .description =
        "For each output: the largest difference, the same over the largest value of the output, in units in the last "
        "place, signal to noise, and of class scores how often the best class is the same. Where that is above the "
        "tolerance the exit status is 3. Without data 8 samples are drawn.\n\nWith --layers also what both compute "
        "under one name. Channels of one that are those of the other times a number each, as rewriting makes them, are "
        "no difference there: the scale is told, and the noise that is left.\n\n`rewrite-engine help measures` has the "
        "measures.",
    .arguments = kCompareArguments,
    .options = kCompareOptions,
    .examples = kCompareExamples,
    .run = compare,
};

}  // namespace rw::commands
