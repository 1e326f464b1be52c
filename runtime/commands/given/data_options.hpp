// The options that say what a network is fed, of every command that runs networks.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>

#include "dsl/load.hpp"
#include "graph/model.hpp"
#include "runtime/calibrate/totals.hpp"
#include "runtime/commands/given/command.hpp"
#include "runtime/data/data.hpp"

namespace rw::commands {

inline constexpr std::string_view kDataHelp =
    "samples: .npy, .npz, .pb, images (.png, .jpg) or folders of them; x=FILE for the input x";
inline constexpr Argument kDataArgument = {"DATA", kDataHelp, Completes::file, false, true};
inline constexpr Option kDataOption = {
    "--data", "DATA", "measure the ranges of activations on these samples (several times); see calibrate", 0, true};
inline constexpr Option kRandomOption = {"--random", "N",   "draw N samples instead, where there is no data",
                                         0,          false, Completes::nothing};
inline constexpr Option kSeedOption = {"--seed", "N", "draw other samples (1)", 0, false, Completes::nothing};
inline constexpr Option kBatchOption = {
    "--batch", "N", "samples in a batch where the model does not fix their number (8)", 0, false, Completes::nothing};
// How images become samples; every command that takes data has them.
inline constexpr Option kImageOptions[] = {
    {"--size", "S", "resize images to S x S, or HxW; without it what the model takes, else 224", 0, false,
     Completes::nothing},
    {"--mean", "M,...", "taken off pixels from 0 to 1, by channel (0.485,0.456,0.406; gray 0)", 0, false,
     Completes::nothing},
    {"--std", "S,...", "pixels are divided by it, by channel (0.229,0.224,0.225; gray 1)", 0, false,
     Completes::nothing},
    {"--layout", "LAYOUT", "of images: nchw or nhwc; without it as the input has 1 or 3 channels", 0, false,
     Completes::nothing},
    {"--rgb", {}, "channels of images are red, green, blue (as without it)"},
    {"--bgr", {}, "channels of images are blue, green, red"},
};

// How data is read, by the options above that the command has; `words` are the files. UsageError: what is wrong.
data::Options data_options(const Given& given, std::vector<std::string> words);

// UsageError: an option that says how images are read, and none of these (arguments and options of the command) is
// there.
void check_images_read(const Given& given, std::initializer_list<std::string_view> from);

// "a,b" as numbers from `least` to `most`. UsageError: it is none, and `expected` is what would be right.
std::vector<double> take_numbers(const Given& given, std::string_view option, double least, double most,
                                 std::string_view expected);

// Error (file: `out`): it is one of these files, which are read.
void check_not_read(const std::filesystem::path& out, std::span<const std::filesystem::path> files);

// Runs the network of the model on the data and counts its activations along the channels that `program` sees, with a
// progress bar. Error: as calibrate::collect.
calibrate::Totals measure(graph::Model& model, const dsl::Program& program, data::Data& data);

// Statistics of the activations on the data of --data and its options, as a text for graph::add_statistics; empty
// where the option is not given. What is taken for granted of the data is said on standard error. UsageError: --stats
// is given, too.
std::string measured_ranges(const Given& given, const dsl::Program& program, graph::Model& model);

}  // namespace rw::commands
