#include "graph/formats/onnx/relocation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "graph/formats/onnx/locations.hpp"
#include "graph/formats/output/beside.hpp"

namespace rw::graph::onnx {
namespace {

constexpr std::uint64_t kPage = 4096, kLine = 64;  // runtimes map tensors that begin at a page

bool same_content(const MappedFile& a, const MappedFile& b) {
  return a.bytes().size() == b.bytes().size() &&
         (a.bytes().empty() || std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0);
}

}  // namespace

Relocation::Relocation(const Model& model, const OnnxOrigin& origin, const std::filesystem::path& out, bool changed)
    : folder_(out.parent_path()), moves_(changed), data_(model.sources) {
  location_ = out.filename().string() + ".data";
  path_ = folder_ / location_;
  // Initializers whose files cannot keep their names beside the output move.
  for (const ExternalFiles::File& each : origin.external.files())
    moves_ = moves_ || target(folder_ / each.location, *each.file) == Target::taken;
  if (moves_) kept_.reserve(origin.initializers.size());
  place_files(model, origin);
}

// A file may be the input itself (the output goes to the same folder), or a copy made by an earlier run.
Relocation::Target Relocation::target(const std::filesystem::path& path, const MappedFile& source) const {
  const auto identity = identity_of(path);
  if (!identity)
    return std::filesystem::exists(path.parent_path().empty() ? "." : path.parent_path()) ? Target::free
                                                                                          : Target::taken;
  if (*identity == source.identity()) return Target::there;
  return same_content(*MappedFile::open(path), source) ? Target::there : Target::taken;
}

void Relocation::place_files(const Model& model, const OnnxOrigin& origin) {
  for (const std::string& location : external_locations(origin.file->text(), !moves_)) {
    const auto known = std::find_if(origin.external.files().begin(), origin.external.files().end(),
                                    [&](const ExternalFiles::File& each) { return each.location == location; });
    const auto file = known != origin.external.files().end() ? known->file : open_beside(model.path, location);
    const std::filesystem::path to = folder_ / location;
    switch (target(to, *file)) {
      case Target::there:
        break;
      case Target::free:
        copies_.push_back({to, file});
        break;
      case Target::taken:
        throw Error(to.string(), "",
                    "the model's external data has to lie here, but something else does, or the folder is missing");
    }
    if (moves_ && location == location_)
      throw Error(to.string(), "", "the model's external data has to lie here and there: give the output another name");
  }
}

ExternalPlace Relocation::align(std::span<const std::byte> bytes, std::uint64_t size) {
  // What began at a page begins at a page.
  const bool page = reinterpret_cast<std::uintptr_t>(bytes.data()) % kPage == 0;
  const std::uint64_t step = page ? kPage : kLine;
  data_.zeros((step - data_.size() % step) % step);
  return {location_, data_.size(), size};
}

ExternalPlace Relocation::keep(std::span<const std::byte> bytes) {
  const Range key(bytes.data(), bytes.size());
  if (const auto found = kept_.find(key); found != kept_.end()) return {location_, found->second, bytes.size()};
  const ExternalPlace place = align(bytes, bytes.size());
  data_.copy({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  kept_[key] = place.offset;
  return place;
}

ExternalPlace Relocation::scale(const Literal& source, const Edit& edit, std::string_view name) {
  const std::uint64_t before = (align(source.bytes, 0), data_.size());
  data_.scaled(source, edit, name);
  return {location_, before, data_.size() - before};
}

void Relocation::write(Output& output) const {
  for (const Copy& each : copies_) {
    OutputFile& file = output.add(each.to, each.from->bytes().size());
    file.copy(*each.from, 0, each.from->bytes().size());
  }
  if (moves_) data_.write(output.add(path_, data_.size()));
}

}  // namespace rw::graph::onnx
